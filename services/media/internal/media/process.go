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

// SourceName is the file name of the source in the folder of a job.
const SourceName = "source"

// Progress in percent after each step.
const (
	afterFetch = 10
	afterMake  = 85
	afterStore = 99
)

// work is the state of one running job.
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

// process runs a job in a folder of its own, and deletes the folder.
func (w *Workers) process(ctx context.Context, job Job, held *lease) error {
	// A cleaner of temporary files may have deleted the parent folder.
	if err := os.MkdirAll(w.options.Folder, 0o700); err != nil {
		return err
	}
	folder, err := os.MkdirTemp(w.options.Folder, fmt.Sprintf("%d-%d-", job.VideoID, job.Attempt))
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // the next start deletes the rest
	work := &work{Workers: w, job: job, held: held, folder: folder}
	if err := work.fetch(ctx); err != nil {
		return err
	}
	if err := work.limited(ctx); err != nil {
		return markLocal(err)
	}
	return work.publish(ctx)
}

// fetch copies the source into the folder.
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

// A job may take workBase plus workFactor times the duration of its source, at
// most Limits.MaxWork.
const (
	workBase   = 2 * time.Minute
	workFactor = 20
)

var errWorkTime = errors.New("the job took too long")

// limited does the work whose duration depends on the source, within a limit.
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

// make makes the MP4, the tracks and the cover.
func (w *work) make(ctx context.Context) error {
	var err error
	w.made, err = w.transcode(ctx)
	unfit := err == nil && !w.intact() || reasonOf(err) == videov1.FailureUnreadable
	if unfit && (w.plan.Keep || w.plan.copies()) {
		// The file is damaged, or its streams cannot be copied into another
		// container. Encoding what can be decoded produces a good file.
		w.ports.Log.InfoContext(ctx, "copying streams failed, encoding all", "video", w.job.VideoID, "error", err)
		w.plan = w.plan.encodeAll()
		w.made, err = w.transcode(ctx)
	}
	if err == nil && w.plan.Pad > 0 && w.made.Audio+durationSlack < w.info.Audio.Duration {
		// The audio is shorter than its header says, so the padding is too long.
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
	durationSlack = 1500 * time.Millisecond // tolerance for durations in headers
	codingSlack   = 200 * time.Millisecond  // that encoding may add
)

// intact reports whether the source decoded without errors and is as long as its
// header says.
func (w *work) intact() bool {
	decoded, declared := w.durations()
	return w.made.Clean && (declared == 0 || (decoded-declared).Abs() <= durationSlack)
}

// durations returns the decoded duration of the video stream and the one that its
// header declares (0: none). If only the duration of the whole file is declared,
// the audio may be the longer stream, so the longest decoded stream is compared.
func (w *work) durations() (decoded, declared time.Duration) {
	if declared = w.info.Video.Duration; declared > 0 {
		return w.made.Duration, declared + w.plan.Pad
	}
	return w.made.duration(), w.info.Duration
}

// complete returns a Failure for outputs that are too long, or that lack more than
// half of the source. A truncated source of which more is left is published.
func (w *work) complete() error {
	decoded, declared := w.durations()
	switch {
	case w.made.duration() > w.options.Limits.MaxDuration+codingSlack:
		return Fail(videov1.FailureTooLong, "at least %v, the header declares %v", w.made.duration(), w.info.Duration)
	case w.made.Duration <= 0 || 2*decoded < declared && declared > durationSlack:
		return Fail(videov1.FailureUnreadable, "%v of %v decoded", decoded, declared)
	default:
		return nil
	}
}

// final reports whether a retry would have the same outcome.
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

// checksum is the SHA-256 of all bytes of r.
func checksum(r io.Reader) ([32]byte, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, r); err != nil {
		return [32]byte{}, err
	}
	return [32]byte(sum.Sum(nil)), nil
}
