package fake

import (
	"cmp"
	"context"
	"crypto/sha256"
	"slices"
	"sort"
	"sync"
	"time"

	"google.golang.org/grpc"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// Videos is a video service. Uploads that are neither committed nor aborted
// show in Open. What is committed waits for Finish.
type Videos struct {
	Calls
	Blobs *Blobs // where aborted uploads are deleted
	// LoseCommits makes every commit succeed and its answer get lost.
	LoseCommits bool
	OnAbort     func()        // is called before an upload is aborted
	MaxSize     int64         // of uploads that are not direct, bytes; 0 is 1 MiB
	PartSize    int64         // of the same, bytes; 0 is 1 KiB
	ExpiresAtMS int64         // of direct uploads
	TouchedFor  time.Duration // of touched uploads; 0 is the version before touches
	mu          sync.Mutex
	videos      []*videov1.Video // oldest first
	open        map[int64]*openUpload
	deleted     map[int64]int64 // author by video
	aborted     int
	touched     int // uploads begun with touches
	next        int64
}

// Add publishes a video at a moment, ready at once, and returns it.
func (v *Videos) Add(author, atMS int64, title string) *videov1.Video {
	v.mu.Lock()
	defer v.mu.Unlock()
	made := v.publish(v.id(), author, atMS, title, nil)
	made.State, made.ShownAtMs = videov1.State_STATE_READY, atMS
	return made
}

// Change alters a video.
func (v *Videos) Change(id int64, change func(*videov1.Video)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, found := range v.newest(func(o *videov1.Video) bool { return o.Id == id }, 1) {
		change(found)
	}
}

// Finish makes a video ready with what it was uploaded as.
func (v *Videos) Finish(id int64) {
	v.Change(id, func(o *videov1.Video) {
		o.State, o.ShownAtMs, o.Play = videov1.State_STATE_READY, o.GetPublishedAtMs(), o.GetSource()
		o.DurationMs, o.Width, o.Height = 1500, 720, 1280
	})
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
	made := &videov1.Video{Id: id, AuthorId: author, Title: title, PublishedAtMs: atMS, State: videov1.State_STATE_UPLOADED, Source: source}
	v.videos = append(v.videos, made)
	sort.SliceStable(v.videos, func(i, j int) bool { return v.videos[i].PublishedAtMs < v.videos[j].PublishedAtMs })
	return made
}

// Published are all videos, in any state, newest first.
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

// BegunTouched is the number of uploads that were begun with touches.
func (v *Videos) BegunTouched() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.touched
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

func isReady(v *videov1.Video) bool { return v.GetState() == videov1.State_STATE_READY }

// Feed lists ready videos that were shown before a moment, newest first.
func (v *Videos) Feed(_ context.Context, in *videov1.FeedRequest, _ ...grpc.CallOption) (*videov1.FeedResponse, error) {
	if err := v.note("Feed"); err != nil {
		return nil, err
	}
	limit := int(in.GetLimit())
	if limit == 0 {
		limit = 30
	}
	before := in.GetBeforeMs()
	v.mu.Lock()
	defer v.mu.Unlock()
	ready := v.newest(func(o *videov1.Video) bool { return isReady(o) && (before == 0 || o.GetShownAtMs() < before) }, len(v.videos))
	slices.SortStableFunc(ready, func(a, b *videov1.Video) int { return cmp.Compare(b.GetShownAtMs(), a.GetShownAtMs()) })
	return &videov1.FeedResponse{Videos: ready[:min(limit, len(ready))]}, nil
}

// ListByAuthor lists the videos of one author, newest first; not ready ones to
// the author only.
func (v *Videos) ListByAuthor(_ context.Context, in *videov1.ListByAuthorRequest, _ ...grpc.CallOption) (*videov1.ListByAuthorResponse, error) {
	if err := v.note("ListByAuthor"); err != nil {
		return nil, err
	}
	limit := int(in.GetLimit())
	if limit == 0 {
		limit = 1000
	}
	before := in.GetBeforeMs()
	v.mu.Lock()
	defer v.mu.Unlock()
	answer := &videov1.ListByAuthorResponse{Videos: v.newest(func(o *videov1.Video) bool {
		return o.AuthorId == in.GetAuthorId() && (in.GetOwn() || isReady(o)) && (before == 0 || o.PublishedAtMs < before)
	}, limit+1)}
	if len(answer.Videos) > limit {
		answer.Videos = answer.Videos[:limit]
		answer.NextBeforeMs = answer.Videos[limit-1].GetPublishedAtMs()
	}
	return answer, nil
}

// GetVideos leaves out unknown ids.
func (v *Videos) GetVideos(_ context.Context, in *videov1.GetVideosRequest, _ ...grpc.CallOption) (*videov1.GetVideosResponse, error) {
	if err := v.note("GetVideos"); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	out := &videov1.GetVideosResponse{}
	for _, id := range in.GetVideoIds() {
		out.Videos = append(out.Videos, v.newest(func(o *videov1.Video) bool { return o.Id == id }, 1)...)
	}
	if in.GetWithWorks() {
		out.Works = v.works(out.Videos)
	}
	return out, nil
}

// FindMissing knows every video that was not deleted.
func (v *Videos) FindMissing(_ context.Context, in *videov1.FindMissingRequest, _ ...grpc.CallOption) (*videov1.FindMissingResponse, error) {
	if err := v.note("FindMissing"); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	out := &videov1.FindMissingResponse{}
	for _, id := range in.GetVideoIds() {
		if len(v.newest(func(o *videov1.Video) bool { return o.Id == id }, 1)) == 0 {
			out.VideoIds = append(out.VideoIds, id)
		}
	}
	return out, nil
}

// works counts for the author of each video, each once.
func (v *Videos) works(videos []*videov1.Video) []*videov1.WorkCount {
	var counts []*videov1.WorkCount
	seen := map[int64]bool{}
	for _, of := range videos {
		author := of.GetAuthorId()
		if !seen[author] {
			seen[author] = true
			works := v.newest(func(o *videov1.Video) bool { return o.AuthorId == author && isReady(o) }, len(v.videos))
			counts = append(counts, &videov1.WorkCount{UserId: author, Works: int64(len(works))})
		}
	}
	return counts
}

// CountWorks counts the ready videos of each user.
func (v *Videos) CountWorks(_ context.Context, in *videov1.CountWorksRequest, _ ...grpc.CallOption) (*videov1.CountWorksResponse, error) {
	if err := v.note("CountWorks"); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	out := &videov1.CountWorksResponse{}
	for _, id := range in.GetUserIds() {
		works := v.newest(func(o *videov1.Video) bool { return o.AuthorId == id && isReady(o) }, len(v.videos))
		out.Counts = append(out.Counts, &videov1.WorkCount{UserId: id, Works: int64(len(works))})
	}
	return out, nil
}
