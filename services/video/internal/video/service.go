package video

import (
	"context"
	"log/slog"
	"time"
)

// Uploads keeps the uploads that are no videos yet.
type Uploads interface {
	// Begin stores a new upload, or answers ErrUploadsTooMany when its author
	// has limit of them already; those that are aborting do not count.
	// Concurrent calls together respect the limit.
	Begin(ctx context.Context, u Upload, limit int) error
	// Change locks an upload, lets change decide over it, and stores what
	// change made of its Aborting and DueAtMs. It answers ErrUploadUnknown
	// where there is no row, and returns an error of change as it is.
	Change(ctx context.Context, videoID int64, change func(*Upload) error) (Upload, error)
	// Publish locks an upload, lets build make a video of it, and in one
	// transaction replaces the upload by the video and moves the author's works
	// counter. The publish time is the first free millisecond from the video's
	// own on. It answers ErrUploadUnknown where there is no row, and returns an
	// error of build as it is. build may run more than once.
	Publish(ctx context.Context, videoID int64, build func(Upload) (Video, error)) (Video, error)
	// Claim takes up to limit uploads whose DueAtMs is not after nowMs, marks
	// them as aborting and due again at nextMs. Callers at the same time get
	// different uploads.
	Claim(ctx context.Context, nowMs, nextMs int64, limit int) ([]Upload, error)
	// Remove deletes the row of an upload; none there is success.
	Remove(ctx context.Context, videoID int64) error
}

// Videos answers about videos. Each method costs the same number of statements
// whatever it is asked for.
type Videos interface {
	// Newest lists up to limit ready videos published before a moment in Unix
	// milliseconds, newest first.
	Newest(ctx context.Context, beforeMs int64, limit int) ([]Video, error)
	// ByAuthor lists up to limit videos of an author, in any state, published
	// before a moment in Unix milliseconds, newest first.
	ByAuthor(ctx context.Context, authorID, beforeMs int64, limit int) ([]Video, error)
	// ByIDs finds those of the videos that exist, in any order. The ids are
	// distinct and not empty.
	ByIDs(ctx context.Context, ids []int64) ([]Video, error)
	// Works counts the videos of authors; one who is absent has none. The ids
	// are distinct and not empty.
	Works(ctx context.Context, authorIDs []int64) (map[int64]int64, error)
}

// Authors knows who exists.
type Authors interface {
	Exists(ctx context.Context, userID int64) (bool, error)
}

// Objects is what the rules need of the object store.
type Objects interface {
	// Remove deletes the parts 0 to parts-1 of an object; parts that are not
	// there are no error.
	Remove(ctx context.Context, key string, parts int) error
}

// Hot is told of changes, so that copies of rows are not read any more.
type Hot interface {
	// Published returns when copies of the feed's newest end and of the
	// author's works are invalid, or when that cannot be done in time; they
	// expire soon by themselves.
	Published(ctx context.Context, authorID int64)
}

// IDs makes video ids: above 0, below 2^53, never twice.
type IDs interface {
	Next() (int64, error)
}

// Ports is all that the service needs; every field is required.
type Ports struct {
	Uploads Uploads
	Videos  Videos
	Authors Authors
	Objects Objects
	Hot     Hot
	IDs     IDs
	Clock   func() time.Time
	Log     *slog.Logger
}

// Limits bounds what an author may do.
type Limits struct {
	MaxSize     int64         // bytes of one video
	PartSize    int64         // bytes of one part
	OpenUploads int           // per author
	Expiry      time.Duration // from the beginning of an upload to its last moment
}

// Service knows the rules. It is safe for concurrent use.
type Service struct {
	Ports
	limits Limits
}

// New makes the service.
func New(p Ports, limits Limits) *Service { return &Service{Ports: p, limits: limits} }

func (s *Service) nowMs() int64 { return s.Clock().UnixMilli() }
