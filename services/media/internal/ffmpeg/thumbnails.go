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

// graySide is the width and height of a gray thumbnail, whatever the aspect ratio
// of the source.
const graySide = 32

// thumbnailGraph makes a gray thumbnail and a JPEG of the same frame at each time,
// from the inputs [thumbnail0], [thumbnail1], ... Timestamps are shifted to begin
// at 0, because the first frame would otherwise be repeated from 0 on.
func thumbnailGraph(o media.Order) string {
	var b strings.Builder
	size, tone := o.Plan.Cover, toneMapped(o.Info.Video.HDR)
	for i, m := range o.Thumbnails {
		fmt.Fprintf(&b, ";[thumbnail%[1]d]trim=start=%[2]s:end=%[3]s,fps=%[4]f:start_time=%[2]s:round=up,setpts=PTS-STARTPTS,split=2[small%[1]d][large%[1]d]",
			i, seconds(m.From), seconds(m.Until()), 1/m.Every.Seconds())
		fmt.Fprintf(&b, ";[small%[1]d]scale=%[2]d:%[2]d:flags=area%[3]s,format=gray[gray%[1]d]", i, graySide, tone)
		fmt.Fprintf(&b, ";[large%[1]d]scale=%[2]d:%[3]d%[4]s,setsar=1,format=yuvj420p[cover%[1]d]", i, size.Width, size.Height, tone)
	}
	return b.String()
}

func thumbnailOutputs(thumbnails []media.Timestamps) []string {
	var args []string
	for i, m := range thumbnails {
		count := strconv.Itoa(m.Count)
		args = append(args, "-map", fmt.Sprintf("[gray%d]", i), "-frames:v", count, "-c:v", "rawvideo", "-f", "rawvideo", "file:"+grayFile(m))
		args = append(args, "-map", fmt.Sprintf("[cover%d]", i), "-frames:v", count, "-map_metadata", "-1",
			"-c:v", "mjpeg", "-threads", "1", "-q:v", "4", "-f", "image2", m.Name)
	}
	return args
}

// grayFile is the name of the file with all gray thumbnails.
func grayFile(m media.Timestamps) string { return fmt.Sprintf(m.Name, 0) + ".gray" }

// readThumbnails lists the thumbnails for which both forms are complete.
func readThumbnails(o media.Order) ([]media.Thumbnail, error) {
	var all []media.Thumbnail
	for _, m := range o.Thumbnails {
		thumbnails, err := readTimestamps(o.Folder, m)
		if err != nil {
			return nil, err
		}
		all = append(all, thumbnails...)
	}
	return all, nil
}

func readTimestamps(folder string, m media.Timestamps) ([]media.Thumbnail, error) {
	file, err := media.OpenOutput(folder, grayFile(m))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var thumbnails []media.Thumbnail
	for i := 1; i <= m.Count; i++ {
		thumbnail := media.Thumbnail{Gray: make([]byte, graySide*graySide), JPEG: fmt.Sprintf(m.Name, i)}
		if _, err := io.ReadFull(file, thumbnail.Gray); err != nil {
			break
		}
		if info, err := os.Lstat(filepath.Join(folder, thumbnail.JPEG)); err != nil || info.Size() == 0 {
			break
		}
		thumbnails = append(thumbnails, thumbnail)
	}
	return thumbnails, nil
}
