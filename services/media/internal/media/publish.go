package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// storeParallelism is the number of objects written at a time. Each holds two
// parts in memory.
const storeParallelism = 4

// maxOutputs is the number of objects that the video service lets a job reserve.
const maxOutputs = 5_000

// output is an object to store and the location of its bytes.
type output struct {
	Object
	file  string
	piece Piece
	bytes []byte // instead of a file
}

// publish reserves all objects, stores them and finishes the job.
func (w *work) publish(ctx context.Context) error {
	outputs, result, err := w.outputs()
	if err != nil {
		return markLocal(err)
	}
	if len(outputs) > maxOutputs {
		return Fail(videov1.FailureTooComplex, "%d objects", len(outputs))
	}
	extents := make([]Extent, len(outputs))
	for i, o := range outputs {
		extents[i] = Extent{Key: o.Key, Parts: int((o.Size + o.PartSize - 1) / o.PartSize)}
	}
	if err := w.confirm(ctx, func(ctx context.Context) error { return w.ports.Jobs.Reserve(ctx, w.job.Ref, extents) }); err != nil {
		return fmt.Errorf("reserve: %w", err)
	}
	if err := w.store(ctx, outputs); err != nil {
		return err
	}
	w.held.setProgress(afterStore)
	if err := w.confirm(ctx, func(ctx context.Context) error { return w.ports.Jobs.Finish(ctx, w.job.Ref, result) }); err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	return nil
}

// confirmTime bounds the retries of a call that the video service has to confirm.
// After that the job is released: another worker may reach the service.
const confirmTime = 2 * time.Minute

var errUnanswered = errors.New("the video service did not answer in time")

// confirm retries a call until its outcome is known. A refusal other than a lost
// job is caused by the outputs, and the next attempt would get it too.
func (w *work) confirm(ctx context.Context, call func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, confirmTime, errUnanswered)
	defer cancel()
	err := retryUntilKnown(ctx, call)
	if err != nil && final(err) && !errors.Is(err, ErrJobLost) {
		return markLocal(err)
	}
	return err
}

// outputs lists the objects to store, and the result that refers to them.
func (w *work) outputs() ([]output, Result, error) {
	result := Result{SourceSHA256: w.source, Duration: w.made.duration(), Size: w.plan.Shown}
	var all []output
	add := func(o output, err error) (Object, error) {
		if err == nil {
			all = append(all, o)
		}
		return o.Object, err
	}
	cover, err := add(w.whole("cover", "image/jpeg", w.cover))
	if err != nil {
		return nil, Result{}, err
	}
	result.Cover = cover
	if w.made.Play != "" {
		play, err := add(w.whole("play", "video/mp4", w.made.Play))
		if err != nil {
			return nil, Result{}, err
		}
		result.Play = &play
	}
	tracks := make([]Track, len(w.made.Tracks))
	for i, made := range w.made.Tracks {
		outputs, track, err := w.track(made)
		if err != nil {
			return nil, Result{}, err
		}
		tracks[i], all = track, append(all, outputs...)
	}
	index, err := w.index(tracks)
	if err != nil {
		return nil, Result{}, err
	}
	result.HLS = &index.Object
	return append(all, index), result, nil
}

// object is the manifest of an object that is not stored yet.
func (w *work) object(key, contentType string, size int64, sum [32]byte) Object {
	return Object{Key: w.job.Prefix + key, Size: size, PartSize: w.job.PartSize, SHA256: sum, ContentType: contentType, Whole: w.job.Source.Whole}
}

// whole is the output that consists of a whole file.
func (w *work) whole(key, contentType, name string) (output, error) {
	file, err := OpenOutput(w.folder, name)
	if err != nil {
		return output{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return output{}, err
	}
	return w.part(key, contentType, name, Piece{Length: info.Size()})
}

// part is the output that consists of a piece of a file.
func (w *work) part(key, contentType, name string, piece Piece) (output, error) {
	file, err := OpenOutput(w.folder, name)
	if err != nil {
		return output{}, err
	}
	defer file.Close()
	sum, err := checksum(io.NewSectionReader(file, piece.Offset, piece.Length))
	return output{Object: w.object(key, contentType, piece.Length, sum), file: name, piece: piece}, err
}

// track lists the outputs of a track.
func (w *work) track(made OutputTrack) ([]output, Track, error) {
	kind := "audio/mp4"
	if made.IsVideo {
		kind = "video/mp4"
	}
	track := Track{OutputTrack: made}
	header, err := w.part("hls/"+made.Name+"/init", kind, made.File, made.Header)
	if err != nil {
		return nil, Track{}, err
	}
	track.Init = header.Object
	outputs := []output{header}
	for i, segment := range made.Segments {
		o, err := w.part(fmt.Sprintf("hls/%s/%05d", made.Name, i), kind, made.File, segment.Piece)
		if err != nil {
			return nil, Track{}, err
		}
		outputs, track.Objects = append(outputs, o), append(track.Objects, o.Object)
	}
	track.Peak, track.Average = bandwidth(made.Segments)
	return outputs, track, nil
}

func (w *work) index(tracks []Track) (output, error) {
	encoded, err := w.ports.Index.Encode(tracks)
	if err != nil {
		return output{}, err
	}
	sum, err := checksum(bytes.NewReader(encoded))
	return output{Object: w.object("hls/index", "application/x-protobuf", int64(len(encoded)), sum), bytes: encoded}, err
}

// store stores the objects in parallel. The first error cancels the others.
func (w *work) store(ctx context.Context, outputs []output) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(storeParallelism)
	for i, o := range outputs {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := w.storeOne(ctx, o); err != nil {
				return fmt.Errorf("object %s: %w", o.Key, err)
			}
			w.held.setProgress(afterMake + (i+1)*(afterStore-afterMake)/len(outputs))
			return nil
		})
	}
	return group.Wait()
}

func (w *work) storeOne(ctx context.Context, o output) (err error) {
	if o.bytes != nil {
		return w.ports.Objects.Store(ctx, o.Object, bytes.NewReader(o.bytes))
	}
	file, err := OpenOutput(w.folder, o.file)
	if err != nil {
		return markLocal(err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return w.ports.Objects.Store(ctx, o.Object, io.NewSectionReader(file, o.piece.Offset, o.piece.Length))
}
