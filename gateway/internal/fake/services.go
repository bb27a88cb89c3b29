// Package fake holds hand-written stand-ins for what the gateway talks to,
// shared by its tests. They keep the promises of the contract that the gateway
// relies on and count how often they are asked.
package fake

import (
	"context"
	"slices"
	"sync"

	"google.golang.org/grpc"

	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Calls counts calls by method and can make methods fail.
type Calls struct {
	mu     sync.Mutex
	counts map[string]int
	faults map[string][]error
	down   error
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

// Stop makes every call fail with an error, until Stop(nil).
func (c *Calls) Stop(down error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = down
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
		return c.down
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
		return nil, errs.New(errs.Conflict, userv1.ReasonNameTaken, "this name is taken")
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
		return nil, errs.New(errs.Unauthenticated, userv1.ReasonWrongCredentials, "wrong name or password")
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

// ListActivities returns the entries of Tell, newest first, to every user.
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
