package hot_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	hotentryv1 "github.com/douyin-on-dapr/douyin/services/contract/hotentry/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
	"github.com/douyin-on-dapr/douyin/services/video/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/video/internal/hot"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

const author = int64(7)

// states is an in-memory state store without TTLs, for one goroutine.
type states struct {
	entries map[string][]byte
	down    bool
}

var (
	_       hotstate.States = (*states)(nil)
	errDown                 = errors.New("state store down")
)

func (s *states) Get(_ context.Context, key string) ([]byte, error) {
	if s.down {
		return nil, errDown
	}
	return s.entries[key], nil
}

func (s *states) GetMany(ctx context.Context, keys []string) (map[string][]byte, error) {
	found := map[string][]byte{}
	for _, key := range keys {
		value, err := s.Get(ctx, key)
		if err != nil {
			return nil, err
		}
		found[key] = value
	}
	return found, nil
}

func (s *states) CreateAll(_ context.Context, entries map[string][]byte, _ time.Duration) error {
	if s.down {
		return errDown
	}
	for key, value := range entries {
		if _, there := s.entries[key]; !there {
			s.entries[key] = value
		}
	}
	return nil
}

func (s *states) PutAll(_ context.Context, entries map[string][]byte, _ time.Duration) error {
	if s.down {
		return errDown
	}
	for key, value := range entries {
		s.entries[key] = value
	}
	return nil
}

// rows counts the reads of rows.
type rows struct {
	*fake.Store
	newest, works int
	err           error
}

func (r *rows) Newest(ctx context.Context, beforeMs int64, limit int) ([]video.Video, error) {
	r.newest++
	if r.err != nil {
		return nil, r.err
	}
	return r.Store.Newest(ctx, beforeMs, limit)
}

func (r *rows) Works(ctx context.Context, authorIDs []int64) (map[int64]int64, error) {
	r.works++
	if r.err != nil {
		return nil, r.err
	}
	return r.Store.Works(ctx, authorIDs)
}

// publish stores ready videos of author, shown in the order of ids.
func (r *rows) publish(t *testing.T, from, to int64) {
	t.Helper()
	ctx := context.Background()
	for id := from; id <= to; id++ {
		begun := func(int64) video.Upload { return video.Upload{VideoID: id, AuthorID: author} }
		if _, err := r.Begin(ctx, author, video.Allowance{OpenUploads: 1, Waiting: 10}, begun); err != nil {
			t.Fatal(err)
		}
		v := video.Video{ID: id, AuthorID: author, PublishedAtMs: 1_000 - id}
		if _, err := r.Publish(ctx, id, func(video.Upload, int64) (video.Video, error) { return v, nil }); err != nil {
			t.Fatal(err)
		}
		err := r.UpdateLifecycle(ctx, id, func(c *video.Lifecycle) error {
			c.Video.State, c.Video.ShownAtMs = video.StateReady, 1_000+id
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func setUp(t *testing.T, videos int64) (*hot.Videos, *rows, *states) {
	t.Helper()
	r, s := &rows{Store: fake.NewStore(fake.NewClock(time.UnixMilli(1_000)))}, &states{entries: map[string][]byte{}}
	r.publish(t, 1, videos)
	return hot.NewVideos(r, hotstate.New(s, slog.New(slog.NewTextHandler(io.Discard, nil)))), r, s
}

// wantNewest checks the result, and the number of reads of rows so far.
func wantNewest(t *testing.T, v *hot.Videos, r *rows, before int64, limit int, newest, oldest int64, reads int) {
	t.Helper()
	got, err := v.Newest(context.Background(), before, limit)
	if err != nil {
		t.Fatal(err)
	}
	var ids, want []int64
	for _, one := range got {
		ids = append(ids, one.ID)
	}
	for id := newest; id >= oldest; id-- {
		want = append(want, id)
	}
	if !slices.Equal(ids, want) {
		t.Errorf("videos %v, want %v", ids, want)
	}
	if r.newest != reads {
		t.Errorf("%d reads of rows, want %d", r.newest, reads)
	}
}

func TestHeadServesTheNewestPage(t *testing.T) {
	v, r, _ := setUp(t, 100)
	wantNewest(t, v, r, video.Latest, 30, 100, 71, 1)
	wantNewest(t, v, r, video.Latest, 30, 100, 71, 1)
	wantNewest(t, v, r, video.Latest, 90, 100, 11, 1)
	wantNewest(t, v, r, video.Latest, 91, 100, 10, 2) // more than the document has
	wantNewest(t, v, r, 1_050, 30, 49, 20, 3)         // the document serves only the newest page
}

func TestHeadShorterThanThePage(t *testing.T) {
	v, r, _ := setUp(t, 3)
	wantNewest(t, v, r, video.Latest, 30, 3, 1, 1)
	wantNewest(t, v, r, video.Latest, 30, 3, 1, 1)
}

func TestEmptyHeadIsStored(t *testing.T) {
	v, r, _ := setUp(t, 0)
	wantNewest(t, v, r, video.Latest, 30, 0, 1, 1)
	wantNewest(t, v, r, video.Latest, 30, 0, 1, 1)
}

// A reader may find a video ready or deleted in the rows before the call of the
// writer returns.
func TestChangeIsVisibleFromItsCommitOn(t *testing.T) {
	ctx := context.Background()
	v, r, _ := setUp(t, 3)
	wantNewest(t, v, r, video.Latest, 30, 3, 1, 1)
	wantWorks(t, v, 3)
	err := v.Change(ctx, author, func(context.Context) error {
		r.publish(t, 4, 4)
		wantNewest(t, v, r, video.Latest, 30, 4, 1, 2)
		wantWorks(t, v, 4)
		return errDown
	})
	if !errors.Is(err, errDown) {
		t.Errorf("the error is %v, want that of the commit", err)
	}
}

// The process that committed the video may have died before it invalidated.
func TestDocumentsAreInvalidatedBeforePublishing(t *testing.T) {
	v, r, s := setUp(t, 3)
	wantNewest(t, v, r, video.Latest, 30, 3, 1, 1)
	wantWorks(t, v, 3)
	r.publish(t, 4, 4)
	store := hotstate.New(s, slog.New(slog.DiscardHandler))
	hot.BeforePublish(store)(t.Context(), []cloudevent.Event{
		{Type: eventv1.TopicVideoUploaded, Data: []byte(`{"videoId":"5","authorId":"8"}`)}, // changes no list
		{Type: eventv1.TopicVideoReady, Data: []byte("not JSON")},
		{Type: eventv1.TopicVideoReady, Data: []byte(`{"videoId":"4","authorId":"7"}`)},
	})
	if s.entries[hotv1.AuthorWorksKey(8)] != nil {
		t.Error("an upload invalidated a list")
	}
	wantNewest(t, v, r, video.Latest, 30, 4, 1, 2)
	wantWorks(t, v, 4)

	for _, key := range []string{hotv1.FeedHeadKey, hotv1.AuthorWorksKey(author)} {
		var entry hotentryv1.Entry
		if err := proto.Unmarshal(s.entries[key], &entry); err != nil || !entry.GetInvalidated() {
			t.Errorf("%s is %v, %v; readers of the state store have to find it invalidated", key, &entry, err)
		}
	}
}

func wantWorks(t *testing.T, v *hot.Videos, want int64) {
	t.Helper()
	works, err := v.Works(context.Background(), []int64{author})
	if err != nil || works[author] != want {
		t.Errorf("works %v, %v; want %d", works, err, want)
	}
}

func TestWorksOfOneAreStored(t *testing.T) {
	v, r, s := setUp(t, 3)
	wantWorks(t, v, 3)
	wantWorks(t, v, 3)
	if r.works != 1 {
		t.Errorf("%d reads of rows, want 1", r.works)
	}
	var entry hotentryv1.Entry
	var works hotv1.AuthorWorks
	if err := proto.Unmarshal(s.entries[hotv1.AuthorWorksKey(author)], &entry); err != nil {
		t.Fatal(err)
	}
	if err := proto.Unmarshal(entry.GetDocument(), &works); err != nil || works.GetWorks() != 3 {
		t.Errorf("the document has %d, %v; want 3", works.GetWorks(), err)
	}
}

func TestWorksOfManyAreOneRead(t *testing.T) {
	v, r, s := setUp(t, 3)
	works, err := v.Works(context.Background(), []int64{author, 8, 9})
	if err != nil || works[author] != 3 || works[8] != 0 {
		t.Errorf("works %v, %v", works, err)
	}
	if r.works != 1 || len(s.entries) != 0 {
		t.Errorf("%d reads of rows, %d documents; want 1 and 0", r.works, len(s.entries))
	}
}

func TestStateStoreDown(t *testing.T) {
	v, r, s := setUp(t, 3)
	s.down = true
	wantNewest(t, v, r, video.Latest, 2, 3, 2, 1)
	wantWorks(t, v, 3)
}

func TestErrorsAreNotStored(t *testing.T) {
	v, r, s := setUp(t, 3)
	r.err = errDown
	if _, err := v.Newest(context.Background(), video.Latest, 30); !errors.Is(err, errDown) {
		t.Errorf("newest: %v", err)
	}
	if _, err := v.Works(context.Background(), []int64{author}); !errors.Is(err, errDown) {
		t.Errorf("works: %v", err)
	}
	if len(s.entries) != 0 {
		t.Errorf("stored %d documents", len(s.entries))
	}
}

func TestListsComeFromTheRows(t *testing.T) {
	v, r, _ := setUp(t, 2)
	list, err := v.ByAuthor(context.Background(), author, video.Latest, 10, true)
	if err != nil || len(list) != 2 {
		t.Errorf("list %v, %v", list, err)
	}
	r.publish(t, 3, 3)
	found, err := v.ByIDs(context.Background(), []int64{3})
	if err != nil || len(found) != 1 {
		t.Errorf("found %v, %v", found, err)
	}
}
