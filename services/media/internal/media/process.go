package media

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/contract/videofile"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// SourceName is the source in the folder of its job.
const SourceName = "source"

// The progress that is reported when a step is done, in percent.
const (
	afterFetch = 10
	afterMake  = 85
	afterStore = 99
)

// work is one job under way.
type work struct {
	*Workers
	job    Job
	held   *lease
	folder string
	source [32]byte // checksum
	info   Info
	plan   Plan
	cover  string // file name
	made   Output
}

// process does a job from the beginning to the end, in a folder that goes with
// it.
func (w *Workers) process(ctx context.Context, job Job, held *lease) error {
	// Who cleans up behind everybody may have taken the folder of all jobs.
	if err := os.MkdirAll(w.options.Folder, 0o700); err != nil {
		return err
	}
	folder, err := os.MkdirTemp(w.options.Folder, fmt.Sprintf("%d-%d-", job.VideoID, job.Attempt))
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // what is left goes at the next start
	work := &work{Workers: w, job: job, held: held, folder: folder}
	if err := work.fetch(ctx); err != nil {
		return err
	}
	if err := work.limited(ctx); err != nil {
		return markLocal(err)
	}
	return work.publish(ctx)
}

// fetch brings the source into the folder.
func (w *work) fetch(ctx context.Context) error {
	file, err := os.OpenFile(w.path(SourceName), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	w.source, err = w.ports.Objects.Fetch(ctx, w.job.Source, file)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if !w.job.Source.Whole && w.source != w.job.Source.SHA256 {
		return Fail(videov1.FailureSourceLost, "checksum of the source is %x", w.source)
	}
	w.held.setProgress(afterFetch)
	return nil
}

// The time for the work on a source, before its limit: some for any, and so much
// for each second that it plays.
const (
	workBase   = 2 * time.Minute
	workFactor = 20
)

var errWorkTime = errors.New("the time for the work is over")

// limited does all that depends on the source, within a time.
func (w *work) limited(parent context.Context) error {
	limit := w.options.Limits.MaxWork
	ctx, cancel := context.WithTimeoutCause(parent, limit, errWorkTime)
	defer cancel()
	err := w.probe(ctx)
	if err == nil && w.info.Duration > 0 {
		limit = min(limit, workBase+workFactor*w.info.Duration)
		var shorter context.CancelFunc
		ctx, shorter = context.WithTimeoutCause(ctx, limit, errWorkTime)
		defer shorter()
	}
	if err == nil {
		err = w.make(ctx)
	}
	if err != nil && parent.Err() == nil && errors.Is(context.Cause(ctx), errWorkTime) {
		return Overtime(limit, err)
	}
	return err
}

func (w *work) probe(ctx context.Context) error {
	container, err := w.container()
	if err != nil {
		return err
	}
	file := File{Folder: w.folder, Name: SourceName, Container: container}
	if w.info, err = w.ports.Transcoder.Probe(ctx, file); err != nil {
		return err
	}
	w.plan, err = Decide(w.info, w.options.Limits)
	return err
}

func (w *work) container() (Container, error) {
	file, err := os.Open(w.path(SourceName))
	if err != nil {
		return "", err
	}
	defer file.Close()
	head := make([]byte, videofile.HeadBytes)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	container, known := ContainerOf(head[:n])
	if !known {
		return "", Fail(videov1.FailureUnreadable, "unsupported container")
	}
	return container, nil
}

func (w *work) path(name string) string { return filepath.Join(w.folder, name) }

func (w *work) file() File {
	return File{Folder: w.folder, Name: SourceName, Container: w.info.Container}
}

// make makes MP4, tracks and cover.
func (w *work) make(ctx context.Context) error {
	var err error
	w.made, err = w.transcode(ctx)
	unfit := err == nil && !w.intact() || reasonOf(err) == videov1.FailureUnreadable
	if unfit && (w.plan.Keep || w.plan.copies()) {
		// A file that is damaged somewhere, or whose streams do not go into
		// another file as they are: what can be decoded makes a good one.
		w.ports.Log.InfoContext(ctx, "everything is encoded", "video", w.job.VideoID, "error", err)
		w.plan = w.plan.anew()
		w.made, err = w.transcode(ctx)
	}
	if err == nil && w.plan.Pad > 0 && w.made.Audio+durationSlack < w.info.Audio.Duration {
		// There is less of the sound that the last picture was to stay for.
		w.plan.Pad = max(0, w.made.Audio-w.info.Video.Duration)
		w.made, err = w.transcode(ctx)
	}
	if err == nil {
		err = w.complete()
	}
	if err != nil {
		return err
	}
	return w.findCover()
}

func (w *work) transcode(ctx context.Context) (Output, error) {
	order := Order{File: w.file(), Info: w.info, Plan: w.plan, Thumbnails: coverTimestamps()}
	return w.ports.Transcoder.Make(ctx, order, func(done time.Duration) {
		if w.info.Duration > 0 {
			share := min(1, done.Seconds()/w.info.Duration.Seconds())
			w.held.setProgress(afterFetch + int(share*(afterMake-afterFetch)))
		}
	})
}

const (
	durationSlack = 1500 * time.Millisecond // how far a header may be off
	codingSlack   = 200 * time.Millisecond  // what coding anew may add
)

// intact says that nothing in the source is damaged and that it plays for as long
// as it says.
func (w *work) intact() bool {
	came, said := w.durations()
	return w.made.Clean && (said == 0 || (came-said).Abs() <= durationSlack)
}

// durations are that of the pictures as they came out and as the source says it
// (0: it does not). A source that says only how long all of it is may have sound
// that is longer.
func (w *work) durations() (came, said time.Duration) {
	if said = w.info.Video.Duration; said > 0 {
		return w.made.Duration, said + w.plan.Pad
	}
	return w.made.plays(), w.info.Duration
}

// complete refuses what did not come out as a video should. Of a source that
// breaks off the rest is worth showing, but not if most of it is missing.
func (w *work) complete() error {
	came, said := w.durations()
	switch {
	case w.made.plays() > w.options.Limits.MaxDuration+codingSlack:
		return Fail(videov1.FailureTooLong, "%v or more, header says %v", w.made.plays(), w.info.Duration)
	case w.made.Duration <= 0 || 2*came < said && said > durationSlack:
		return Fail(videov1.FailureUnreadable, "%v of %v could be decoded", came, said)
	default:
		return nil
	}
}

// final says that repeating a call would be answered alike.
func final(err error) bool {
	if errors.Is(err, ErrJobLost) {
		return true
	}
	switch errs.CodeOf(err) {
	case errs.Invalid, errs.Forbidden, errs.NotFound, errs.Conflict:
		return true
	default:
		return false
	}
}

// checksum reads a stretch of a file.
func checksum(r io.Reader) ([32]byte, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, r); err != nil {
		return [32]byte{}, err
	}
	return [32]byte(sum.Sum(nil)), nil
}
