package fake

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
)

// Transcoder writes the files of a plan without reading the source.
type Transcoder struct {
	Info    media.Info
	Output  func(o media.Order) (media.Output, error) // nil: as ordered, with the duration of Info
	OnMake  func(ctx context.Context, done func(time.Duration)) error
	OnProbe func(ctx context.Context, file media.File) error
	Orders  []media.Order // read it after the workers have ended

	mu sync.Mutex // of Orders
}

var _ media.Transcoder = (*Transcoder)(nil)

// Probe implements media.Transcoder.
func (t *Transcoder) Probe(ctx context.Context, file media.File) (media.Info, error) {
	if t.OnProbe != nil {
		if err := t.OnProbe(ctx, file); err != nil {
			return media.Info{}, err
		}
	}
	info := t.Info
	info.Container = file.Container
	return info, nil
}

// Make implements media.Transcoder.
func (t *Transcoder) Make(ctx context.Context, o media.Order, done func(time.Duration)) (media.Output, error) {
	t.mu.Lock()
	t.Orders = append(t.Orders, o)
	t.mu.Unlock()
	if t.OnMake != nil {
		if err := t.OnMake(ctx, done); err != nil {
			return media.Output{}, err
		}
	}
	made := media.Output{Duration: o.Info.Duration, Clean: true}
	if t.Output != nil {
		var err error
		if made, err = t.Output(o); err != nil {
			return made, err
		}
	}
	// One thumbnail that Pick accepts.
	thumbnail := media.Thumbnail{Gray: bytes.Repeat([]byte{60, 180}, 512), JPEG: fmt.Sprintf(o.Thumbnails[0].Name, 1)}
	made.Thumbnails = []media.Thumbnail{thumbnail}
	if err := write(o.Folder, thumbnail.JPEG, "a JPEG"); err != nil {
		return made, err
	}
	if !o.Plan.Keep {
		made.Play = "play.mp4"
		if err := write(o.Folder, made.Play, "an MP4"); err != nil {
			return made, err
		}
	}
	for _, size := range o.Plan.Tracks {
		track := media.OutputTrack{
			Name: fmt.Sprint(size.Short()), File: fmt.Sprint(size.Short()), Size: size, Codecs: "avc1.64001f", IsVideo: true,
			Header: media.Piece{Length: 6}, Rate: media.Rate{Num: 30, Den: 1},
			Segments: []media.OutputSegment{
				{Piece: media.Piece{Offset: 6, Length: 5}, Duration: 4 * time.Second},
				{Piece: media.Piece{Offset: 11, Length: 6}, Duration: 2 * time.Second},
			},
		}
		made.Tracks = append(made.Tracks, track)
		if err := write(o.Folder, track.File, "headerfirstsecond"); err != nil {
			return made, err
		}
	}
	return made, nil
}

func write(folder, name, text string) error {
	return os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600)
}
