package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
	"github.com/douyin-on-dapr/douyin/services/media/internal/sandbox"
)

// graySide is the side of the gray pictures, whatever the shape of the film.
const graySide = 32

// Stills implements media.Transcoder. One run makes both, so that the JPEG shows
// the very frame that the gray picture was made of.
func (p *Programs) Stills(ctx context.Context, o media.StillsOrder) ([]media.Still, error) {
	var args []string
	if o.KeyOnly {
		args = append(args, "-skip_frame", "nokey")
	}
	args = append(args, p.input(o.File, o.Every*(1+timeOf(o.Count)))...)
	count := fmt.Sprint(o.Count)
	args = append(args,
		"-filter_complex", fmt.Sprintf(
			"[0:%d]fps=%f:start_time=0:round=up,split=2[a][b];[a]scale=%d:%d:flags=area,format=gray[gray];[b]scale=%d:%d,setsar=1,format=yuvj420p[cover]",
			o.Stream, 1/o.Every.Seconds(), graySide, graySide, o.Size.Width, o.Size.Height),
		"-map", "[gray]", "-frames:v", count, "-c:v", "rawvideo", "-f", "rawvideo", "pipe:1",
		"-map", "[cover]", "-frames:v", count, "-map_metadata", "-1", "-c:v", "mjpeg", "-threads", "1", "-q:v", "4", "-f", "image2", o.Name,
	)
	var out bytes.Buffer
	said, err := p.run(ctx, p.ffmpeg, o.Folder, args, &out)
	// Where there are pictures, an end of its own that is not a good one is no
	// matter.
	frames := out.Bytes()
	var exit *sandbox.Exit
	if err != nil && (len(frames) < graySide*graySide || !errors.As(err, &exit)) {
		return nil, blame(said, err)
	}
	var stills []media.Still
	for i := 1; len(frames) >= graySide*graySide; i++ {
		stills = append(stills, media.Still{Gray: frames[:graySide*graySide], JPEG: fmt.Sprintf(o.Name, i)})
		frames = frames[graySide*graySide:]
	}
	return stills, nil
}
