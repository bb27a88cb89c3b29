package compose

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// Links makes the absolute addresses that a phone opens.
type Links struct {
	base string
}

// NewLinks takes the public address of the gateway, as a phone reaches it,
// without a slash at its end.
func NewLinks(publicBaseURL string) Links { return Links{base: publicBaseURL} }

// Default is the address of a picture for those who have none of their own:
// avatar, background or cover.
func (l Links) Default(name string) string { return l.base + "/media/defaults/" + name + ".png" }

// gone is the revision of what has no bytes any more: the client wants an
// address for every video, and learns by opening it.
const gone = "gone"

// Play is the address of what players get: the upload as it came, until there is
// something made of it.
func (l Links) Play(v *videov1.Video) string {
	object := v.GetPlay()
	if object == nil {
		object = v.GetSource()
	}
	return l.base + "/media/videos/" + strconv.FormatInt(v.GetId(), 10) + "/" + orDefault(Revision(object), gone) + ".mp4"
}

// Cover is the address of the video's cover, or of the default one.
func (l Links) Cover(v *videov1.Video) string {
	if v.GetCover() == nil {
		return l.Default("cover")
	}
	return l.base + "/media/covers/" + strconv.FormatInt(v.GetId(), 10) + "/" + Revision(v.GetCover()) + ".jpg"
}

// HLS is the address of the master playlist, "" where there are no renditions.
func (l Links) HLS(v *videov1.Video) string {
	if v.GetHls() == nil {
		return ""
	}
	return l.base + "/media/hls/" + strconv.FormatInt(v.GetId(), 10) + "/" + Revision(v.GetHls()) + "/master.m3u8"
}

// revisionBytes of the checksum make a revision: enough to tell the few
// versions of one video apart.
const revisionBytes = 8

// Revision names the content of an object. It is part of the address, so the
// bytes behind an address never change and may be cached for ever.
func Revision(o *videov1.Object) string {
	sum := o.GetSha256()
	return hex.EncodeToString(sum[:min(revisionBytes, len(sum))])
}

// StandIn takes the place of the checksum of an object that a client wrote
// straight into the store, until somebody has read all of it. An object is never
// changed once written, so its key and its ETag name its content.
func StandIn(key, etag string) [sha256.Size]byte {
	return sha256.Sum256([]byte(key + "\n" + strings.Trim(etag, `"`)))
}
