package compose

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// Links makes the absolute URLs that a phone opens.
type Links struct {
	base string
}

// NewLinks takes the public URL of the gateway, as a phone reaches it, without a
// slash at its end.
func NewLinks(publicBaseURL string) Links { return Links{base: publicBaseURL} }

// Default returns the URL of a default picture: avatar, background or cover.
func (l Links) Default(name string) string { return l.base + "/media/defaults/" + name + ".png" }

// gone is the revision of a deleted object: the client needs a URL for every video,
// and gets "not found" when it opens it.
const gone = "gone"

// Play returns the URL of the processed video, or of the upload until that exists.
func (l Links) Play(v *videov1.Video) string {
	object := v.GetPlay()
	if object == nil {
		object = v.GetSource()
	}
	return l.base + "/media/videos/" + strconv.FormatInt(v.GetId(), 10) + "/" + orDefault(Revision(object), gone) + ".mp4"
}

// Cover returns the URL of the cover, or of the default one.
func (l Links) Cover(v *videov1.Video) string {
	if v.GetCover() == nil {
		return l.Default("cover")
	}
	return l.base + "/media/covers/" + strconv.FormatInt(v.GetId(), 10) + "/" + Revision(v.GetCover()) + ".jpg"
}

// HLS returns the URL of the master playlist, "" without renditions.
func (l Links) HLS(v *videov1.Video) string {
	if v.GetHls() == nil {
		return ""
	}
	return l.base + "/media/hls/" + strconv.FormatInt(v.GetId(), 10) + "/" + Revision(v.GetHls()) + "/master.m3u8"
}

// revisionBytes of the checksum make a revision: enough to distinguish the few
// versions of one video.
const revisionBytes = 8

// Revision names the content of an object. It is part of the URL, so the bytes
// behind a URL never change and may be cached for ever.
func Revision(o *videov1.Object) string {
	sum := o.GetSha256()
	return hex.EncodeToString(sum[:min(revisionBytes, len(sum))])
}

// PlaceholderSum replaces the checksum of an object that a client wrote straight
// into the store, until media has read all of it. A written object never changes,
// so its key and its ETag identify its content.
func PlaceholderSum(key, etag string) [sha256.Size]byte {
	return sha256.Sum256([]byte(key + "\n" + strings.Trim(etag, `"`)))
}

func orDefault(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
