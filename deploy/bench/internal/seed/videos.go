package seed

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
)

// processing is how long the video that the others are copied from may take.
const processing = 2 * time.Minute

// publish publishes the first video through the API and waits until it is ready.
func (f *seeder) publish(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	clip := filepath.Join(folder, "clip.mp4")
	cmd := exec.CommandContext(ctx, "ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y", //nolint:gosec // constants
		"-f", "lavfi", "-i", "testsrc=size=180x320:rate=10:duration=1", "-c:v", "libx264", "-pix_fmt", "yuv420p",
		"-movflags", "+faststart", clip)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, output)
	}
	file, err := os.Open(clip)
	if err != nil {
		return err
	}
	defer file.Close()
	token := f.Actors[0].Token
	published, err := client.Accepted(f.client.Publish(ctx, token, "video 0", file))
	if err != nil {
		return err
	}
	f.VideoIDs[0] = published.VideoID
	ctx, cancel := context.WithTimeout(ctx, processing)
	defer cancel()
	for {
		status, err := client.Accepted(f.client.PublishStatus(ctx, token, published.VideoID))
		if err != nil {
			return err
		}
		switch status.State {
		case client.StateReady:
			return nil
		case client.StateFailed:
			return fmt.Errorf("the video failed: %s", status.FailureReason)
		}
		select {
		case <-ctx.Done():
			return errors.New("the video does not get ready")
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// objectColumns hold the keys of a video's objects.
func objectColumns() []string { return []string{"source_key", "play_key", "cover_key"} }

// videos copies the first video with its objects, but without its segments: their
// index holds their keys.
func (f *seeder) videos(ctx context.Context) error {
	db, first := f.dbs["video"], f.VideoIDs[0]
	row, err := readRecord(ctx, db, `SELECT * FROM videos WHERE id = ?`, first)
	if err != nil {
		return err
	}
	outputs, err := readRecord(ctx, db, `SELECT * FROM outputs WHERE video_id = ?`, first)
	if err != nil {
		return err
	}
	for _, column := range []string{"hls_key", "hls_size", "hls_part_size", "hls_sha256", "hls_content_type"} {
		row.set(column, nil)
	}
	keys := map[string]string{}
	for _, column := range objectColumns() {
		if keys[column] = row.text(column); !strings.HasPrefix(keys[column], folder(first)) {
			return fmt.Errorf("%s %q is not below %s", column, keys[column], folder(first))
		}
	}
	extents := outputs.text("extents")
	videos, written := row.bulk(ctx, db, "videos"), outputs.bulk(ctx, db, "outputs")
	works := map[int32]int64{0: 0}
	for i := 1; i < len(f.VideoIDs); i++ {
		id, at := f.VideoIDs[i], f.VideoTime(i).UnixMilli()
		for column, key := range keys {
			row.set(column, moved(key, first, id))
		}
		row.set("id", id)
		row.set("author_id", f.UserIDs[f.Authors[i]])
		row.set("title", fmt.Sprintf("video %d with a title", i))
		row.set("published_at_ms", at)
		row.set("shown_at_ms", at+500)
		videos.add(row.values...)
		outputs.set("video_id", id)
		outputs.set("extents", moved(extents, first, id))
		written.add(outputs.values...)
		works[f.Authors[i]]++
		if err := f.copyObjects(keys, first, id); err != nil {
			return err
		}
	}
	authors := newBulk(ctx, db, "authors", "author_id", "works")
	authors.tail = " ON DUPLICATE KEY UPDATE works = works + VALUES(works)"
	for author, n := range works {
		authors.add(f.UserIDs[author], n)
	}
	for _, b := range []*bulk{videos, written, authors} {
		if err := b.end(); err != nil {
			return err
		}
	}
	return nil
}

// folder begins the keys of all objects of a video.
func folder(video int64) string { return fmt.Sprintf("videos/%d/", video) }

// moved replaces the folder of a video in a text with keys.
func moved(text string, from, to int64) string {
	return strings.ReplaceAll(text, folder(from), folder(to))
}

// copyObjects links the parts of the objects: a stored part never changes, and the
// deletion of one video leaves the bytes of the others.
func (f *seeder) copyObjects(keys map[string]string, from, to int64) error {
	root := f.stack.Objects()
	done := map[string]bool{} // the source may be the playable too
	for _, key := range keys {
		if done[key] {
			continue
		}
		done[key] = true
		source, target := filepath.Join(root, key), filepath.Join(root, moved(key, from, to))
		if err := os.MkdirAll(target, 0o700); err != nil {
			return err
		}
		err := filepath.WalkDir(source, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			return os.Link(path, filepath.Join(target, entry.Name()))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
