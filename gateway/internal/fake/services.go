// Package fake holds hand-written stand-ins for what the gateway talks to,
// shared by its tests. They keep the promises of the contract that the gateway
// relies on and count how often they are asked.
package fake

import (
	"context"
	"crypto/sha256"
	"slices"
	"sort"
	"sync"

	"google.golang.org/grpc"

	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Calls counts calls by method and can make methods fail.
type Calls struct {
	mu     sync.Mutex
	counts map[string]int
	faults map[string][]error
}

// Fail makes the next calls of a method return errors, in turn; a nil lets the
// call through.
func (c *Calls) Fail(method string, faults ...error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.faults == nil {
		c.faults = map[string][]error{}
	}
	c.faults[method] = faults
}

// Count is how often a method was called since the last Reset.
func (c *Calls) Count(method string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts[method]
}

// Total is how often anything was called since the last Reset.
func (c *Calls) Total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	total := 0
	for _, n := range c.counts {
		total += n
	}
	return total
}

// Reset forgets the counts.
func (c *Calls) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts = nil
}

func (c *Calls) note(method string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[method]++
	faults := c.faults[method]
	if len(faults) == 0 {
		return nil
	}
	c.faults[method] = faults[1:]
	return faults[0]
}

// Users is a user service.
type Users struct {
	Calls
	mu        sync.Mutex
	profiles  map[int64]*userv1.Profile
	passwords map[string]string
	ids       map[string]int64

	activities []*userv1.Activity
}

// Add makes an account and returns its id.
func (u *Users) Add(name, password string) int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ids == nil {
		u.ids, u.passwords, u.profiles = map[string]int64{}, map[string]string{}, map[int64]*userv1.Profile{}
	}
	id := int64(len(u.ids) + 1)
	u.ids[name], u.passwords[name] = id, password
	u.profiles[id] = &userv1.Profile{Id: id, Name: name, CreatedAtMs: 1}
	return id
}

// Register makes an account unless the name is taken.
func (u *Users) Register(_ context.Context, in *userv1.RegisterRequest, _ ...grpc.CallOption) (*userv1.RegisterResponse, error) {
	if err := u.note("Register"); err != nil {
		return nil, err
	}
	u.mu.Lock()
	_, taken := u.ids[in.GetName()]
	u.mu.Unlock()
	if taken {
		return nil, errs.New(errs.Conflict, "NAME_TAKEN", "this name is taken")
	}
	return &userv1.RegisterResponse{UserId: u.Add(in.GetName(), in.GetPassword()), SessionId: "session-1"}, nil
}

// Login checks name and password.
func (u *Users) Login(_ context.Context, in *userv1.LoginRequest, _ ...grpc.CallOption) (*userv1.LoginResponse, error) {
	if err := u.note("Login"); err != nil {
		return nil, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	id, known := u.ids[in.GetName()]
	if !known || u.passwords[in.GetName()] != in.GetPassword() {
		return nil, errs.New(errs.Unauthenticated, "WRONG_CREDENTIALS", "wrong name or password")
	}
	return &userv1.LoginResponse{UserId: id, SessionId: "session-2"}, nil
}

// GetProfiles leaves out unknown ids.
func (u *Users) GetProfiles(_ context.Context, in *userv1.GetProfilesRequest, _ ...grpc.CallOption) (*userv1.GetProfilesResponse, error) {
	if err := u.note("GetProfiles"); err != nil {
		return nil, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	out := &userv1.GetProfilesResponse{}
	for _, id := range in.GetUserIds() {
		if p := u.profiles[id]; p != nil {
			out.Profiles = append(out.Profiles, p)
		}
	}
	return out, nil
}

// Tell puts an entry into the list that ListActivities answers.
func (u *Users) Tell(a *userv1.Activity) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.activities = append(u.activities, a)
}

// ListActivities answers what was told, to everybody, newest first.
func (u *Users) ListActivities(_ context.Context, _ *userv1.ListActivitiesRequest, _ ...grpc.CallOption) (*userv1.ListActivitiesResponse, error) {
	if err := u.note("ListActivities"); err != nil {
		return nil, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	newest := slices.Clone(u.activities)
	slices.Reverse(newest)
	return &userv1.ListActivitiesResponse{Activities: newest, Unread: int64(len(newest))}, nil
}

// MarkActivitiesRead answers that nothing is unread.
func (u *Users) MarkActivitiesRead(_ context.Context, _ *userv1.MarkActivitiesReadRequest, _ ...grpc.CallOption) (*userv1.MarkActivitiesReadResponse, error) {
	return &userv1.MarkActivitiesReadResponse{}, u.note("MarkActivitiesRead")
}

// Videos is a video service. Uploads that are neither committed nor aborted
// show in Open.
type Videos struct {
	Calls
	Blobs *Blobs // where aborted uploads are deleted
	// LoseCommits makes every commit succeed and its answer get lost.
	LoseCommits bool
	MaxSize     int64 // of uploads, bytes; 0 is 1 MiB
	PartSize    int64 // bytes; 0 is 1 KiB
	mu          sync.Mutex
	videos      []*videov1.Video // oldest first
	open        map[int64]int64  // author by upload
	aborted     int
	next        int64
}

// Add publishes a video at a moment and returns it.
func (v *Videos) Add(author, atMS int64, title string) *videov1.Video {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.publish(v.id(), author, atMS, title, nil)
}

// AuthorOf tells whose a video is, 0 for one that does not exist.
func (v *Videos) AuthorOf(id int64) int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	if found := v.newest(func(o *videov1.Video) bool { return o.Id == id }, 1); len(found) > 0 {
		return found[0].GetAuthorId()
	}
	return 0
}

func (v *Videos) id() int64 {
	v.next++
	return 1000 + v.next
}

func (v *Videos) publish(id, author, atMS int64, title string, source *videov1.Object) *videov1.Video {
	if source == nil {
		sum := sha256.Sum256([]byte(title))
		source = &videov1.Object{Key: objectKey(id), Size: 1, PartSize: 1024, Sha256: sum[:], ContentType: "video/mp4"}
	}
	made := &videov1.Video{Id: id, AuthorId: author, Title: title, PublishedAtMs: atMS, State: videov1.State_STATE_READY, Source: source}
	v.videos = append(v.videos, made)
	sort.SliceStable(v.videos, func(i, j int) bool { return v.videos[i].PublishedAtMs < v.videos[j].PublishedAtMs })
	return made
}

// Published are all videos, newest first.
func (v *Videos) Published() []*videov1.Video {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.newest(func(*videov1.Video) bool { return true }, len(v.videos))
}

// Open is the number of uploads that are neither committed nor aborted, and
// Aborted that of the aborted ones.
func (v *Videos) Open() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.open)
}

// Aborted is the number of aborted uploads.
func (v *Videos) Aborted() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.aborted
}

func (v *Videos) newest(want func(*videov1.Video) bool, limit int) []*videov1.Video {
	var out []*videov1.Video
	for i := len(v.videos) - 1; i >= 0 && len(out) < limit; i-- {
		if want(v.videos[i]) {
			out = append(out, v.videos[i])
		}
	}
	return out
}
