package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
	"github.com/douyin-on-dapr/douyin/services/media/internal/sandbox"
)

// graySide is the side of the gray pictures, whatever the shape of the film.
const graySide = 32

// Stills implements media.Transcoder.
func (p *Programs) Stills(ctx context.Context, o media.Order) ([]media.Still, error) {
	args := append([]string{"-skip_frame", "nokey"}, p.input(o.File, o.Stills.Span())...)
	args = append(args, "-filter_complex", fmt.Sprintf("[0:%d]%s", o.Film.Picture.Stream, stillsGraph(o)))
	args = append(args, stillsOutputs(o.Stills)...)
	said, err := p.run(ctx, p.ffmpeg, o.Folder, args, io.Discard)
	stills, lost := readStills(o)
	// Where there are pictures, an end of its own that is not a good one is no
	// matter.
	var exit *sandbox.Exit
	if err != nil && (len(stills) == 0 || !errors.As(err, &exit)) {
		return nil, blame(said, err)
	}
	return stills, lost
}

// stillsGraph makes both of each moment, so that the JPEG shows the very frame
// that the gray picture was made of.
func stillsGraph(o media.Order) string {
	size := o.Plan.Cover
	return fmt.Sprintf("trim=end=%s,fps=%f:start_time=0:round=up,split=2[small][large];"+
		"[small]scale=%d:%d:flags=area,format=gray[gray];[large]scale=%d:%d,setsar=1,format=yuvj420p[cover]",
		seconds(o.Stills.Span()), 1/o.Stills.Every.Seconds(), graySide, graySide, size.Width, size.Height)
}

func stillsOutputs(m media.Moments) []string {
	count := strconv.Itoa(m.Count)
	return []string{
		"-map", "[gray]", "-frames:v", count, "-c:v", "rawvideo", "-f", "rawvideo", "file:" + grayFile(m),
		"-map", "[cover]", "-frames:v", count, "-map_metadata", "-1", "-c:v", "mjpeg", "-threads", "1", "-q:v", "4", "-f", "image2", m.Name,
	}
}

// grayFile is where the gray pictures are, one after the other.
func grayFile(m media.Moments) string { return fmt.Sprintf(m.Name, 0) + ".gray" }

// readStills finds what was made: as many as there are whole pictures of both.
func readStills(o media.Order) ([]media.Still, error) {
	file, err := media.OpenMade(o.Folder, grayFile(o.Stills))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var stills []media.Still
	for i := 1; i <= o.Stills.Count; i++ {
		still := media.Still{Gray: make([]byte, graySide*graySide), JPEG: fmt.Sprintf(o.Stills.Name, i)}
		if _, err := io.ReadFull(file, still.Gray); err != nil {
			break
		}
		if info, err := os.Lstat(filepath.Join(o.Folder, still.JPEG)); err != nil || info.Size() == 0 {
			break
		}
		stills = append(stills, still)
	}
	return stills, nil
}
