package opsharness

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// Videos are three ready videos, of which 103 has every kind of object, one in
// processing and one that failed. Video 106 is deleted and not among them.
func Videos() []*videov1.Video {
	return []*videov1.Video{
		ready(101, 1, source(101), nil),
		ready(102, 1, source(102), nil),
		ready(103, 2, content("videos/103/1/play", "played", "video/mp4"), content("videos/103/1/hls/index", string(index()), "application/x-protobuf")),
		{Id: 104, AuthorId: 2, State: videov1.State_STATE_PROCESSING, PublishedAtMs: time.Now().UnixMilli(), Source: source(104)},
		{Id: 105, AuthorId: 1, State: videov1.State_STATE_FAILED, PublishedAtMs: PublishedAt(105), Source: source(105), FailureReason: videov1.FailureUnreadable},
	}
}

func ready(id, author int64, play, hls *videov1.Object) *videov1.Video {
	return &videov1.Video{
		Id: id, AuthorId: author, Title: "a title", State: videov1.State_STATE_READY, PublishedAtMs: PublishedAt(id), ShownAtMs: ShownAt(id),
		Source: source(id), Play: play, Hls: hls, Cover: content(fmt.Sprintf("videos/%d/1/cover", id), "cover", "image/jpeg"),
		DurationMs: 5000, Width: 540, Height: 960,
	}
}

func source(id int64) *videov1.Object { // three parts
	return content(fmt.Sprintf("videos/%d/source", id), fmt.Sprintf("video %d.", id), "video/mp4")
}

// index is the index of segments of video 103.
func index() []byte {
	raw, err := proto.Marshal(&videov1.HlsIndex{Tracks: []*videov1.HlsTrack{{
		Name: "720", Init: content("videos/103/1/hls/720/init", "header", "video/mp4"),
		Segments: []*videov1.HlsSegment{{Object: content("videos/103/1/hls/720/00000", "segment", "video/iso.segment")}},
	}}})
	if err != nil {
		panic(err)
	}
	return raw
}

// content is the manifest of an object with the given bytes; contents has the
// bytes.
func content(key, text, contentType string) *videov1.Object {
	sum := sha256.Sum256([]byte(text))
	return &videov1.Object{Key: key, Size: int64(len(text)), PartSize: partSize, Sha256: sum[:], ContentType: contentType}
}

// contents are the bytes of the objects, by key.
func contents() map[string][]byte {
	all := map[string][]byte{
		"videos/103/1/play": []byte("played"), "videos/103/1/hls/index": index(),
		"videos/103/1/hls/720/init": []byte("header"), "videos/103/1/hls/720/00000": []byte("segment"),
	}
	for _, id := range []int64{101, 102, 103, 104} {
		all[fmt.Sprintf("videos/%d/source", id)] = []byte(fmt.Sprintf("video %d.", id))
		all[fmt.Sprintf("videos/%d/1/cover", id)] = []byte("cover")
	}
	delete(all, "videos/104/1/cover")
	return all
}

// Objects is how many objects the rows name, segments included: four sources,
// three covers, and the playable, index, header and segment of video 103.
const Objects = 4 + 3 + 4

// insertVideo inserts the row of a video. The other rows of it are in rows.
func (d *Data) insertVideo(t testing.TB, v *videov1.Video) {
	t.Helper()
	s := v.GetSource()
	d.Exec(t, "video", `INSERT INTO videos (id, author_id, title, published_at_ms, state, failure_reason, source_key, source_size, source_part_size, source_sha256, source_content_type)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, v.GetId(), v.GetAuthorId(), v.GetTitle(), v.GetPublishedAtMs(), int32(v.GetState()), v.GetFailureReason(),
		s.GetKey(), s.GetSize(), s.GetPartSize(), s.GetSha256(), s.GetContentType())
	if v.GetState() == videov1.State_STATE_READY {
		d.Exec(t, "video", `UPDATE videos SET shown_at_ms = ?, duration_ms = ?, width = ?, height = ?, attempt = 1 WHERE id = ?`,
			v.GetShownAtMs(), v.GetDurationMs(), v.GetWidth(), v.GetHeight(), v.GetId())
	}
	for name, o := range map[string]*videov1.Object{"play": v.GetPlay(), "cover": v.GetCover(), "hls": v.GetHls()} {
		if o != nil {
			d.Exec(t, "video", fmt.Sprintf(`UPDATE videos SET %[1]s_key = ?, %[1]s_size = ?, %[1]s_part_size = ?, %[1]s_sha256 = ?, %[1]s_content_type = ? WHERE id = ?`, name),
				o.GetKey(), o.GetSize(), o.GetPartSize(), o.GetSha256(), o.GetContentType(), v.GetId())
		}
	}
}
