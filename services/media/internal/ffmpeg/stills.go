package ffmpeg

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
)

// graySide is the side of the gray pictures, whatever the shape of the film.
const graySide = 32

// stillsGraph makes a gray picture and a JPEG of each moment, both of the very
// same frame, out of the inputs [still0], [still1], ... The first has the time 0, or
// it would be repeated for all the time before it.
func stillsGraph(o media.Order) string {
	var b strings.Builder
	size, tone := o.Plan.Cover, toneMapped(o.Film.Picture.HDR)
	for i, m := range o.Stills {
		fmt.Fprintf(&b, ";[still%[1]d]trim=start=%[2]s:end=%[3]s,fps=%[4]f:start_time=%[2]s:round=up,setpts=PTS-STARTPTS,split=2[small%[1]d][large%[1]d]",
			i, seconds(m.From), seconds(m.Until()), 1/m.Every.Seconds())
		fmt.Fprintf(&b, ";[small%[1]d]scale=%[2]d:%[2]d:flags=area%[3]s,format=gray[gray%[1]d]", i, graySide, tone)
		fmt.Fprintf(&b, ";[large%[1]d]scale=%[2]d:%[3]d%[4]s,setsar=1,format=yuvj420p[cover%[1]d]", i, size.Width, size.Height, tone)
	}
	return b.String()
}

func stillsOutputs(stills []media.Moments) []string {
	var args []string
	for i, m := range stills {
		count := strconv.Itoa(m.Count)
		args = append(args, "-map", fmt.Sprintf("[gray%d]", i), "-frames:v", count, "-c:v", "rawvideo", "-f", "rawvideo", "file:"+grayFile(m))
		args = append(args, "-map", fmt.Sprintf("[cover%d]", i), "-frames:v", count, "-map_metadata", "-1",
			"-c:v", "mjpeg", "-threads", "1", "-q:v", "4", "-f", "image2", m.Name)
	}
	return args
}

// grayFile is where the gray pictures are, one after the other.
func grayFile(m media.Moments) string { return fmt.Sprintf(m.Name, 0) + ".gray" }

// readStills finds what was made: as many as there are whole pictures of both.
func readStills(o media.Order) ([]media.Still, error) {
	var all []media.Still
	for _, m := range o.Stills {
		stills, err := readMoments(o.Folder, m)
		if err != nil {
			return nil, err
		}
		all = append(all, stills...)
	}
	return all, nil
}

func readMoments(folder string, m media.Moments) ([]media.Still, error) {
	file, err := media.OpenMade(folder, grayFile(m))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var stills []media.Still
	for i := 1; i <= m.Count; i++ {
		still := media.Still{Gray: make([]byte, graySide*graySide), JPEG: fmt.Sprintf(m.Name, i)}
		if _, err := io.ReadFull(file, still.Gray); err != nil {
			break
		}
		if info, err := os.Lstat(filepath.Join(folder, still.JPEG)); err != nil || info.Size() == 0 {
			break
		}
		stills = append(stills, still)
	}
	return stills, nil
}
