package compose

import (
	"encoding/hex"
	"strconv"

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

// Play is the address of the video's bytes.
func (l Links) Play(v *videov1.Video) string {
	return l.base + "/media/videos/" + strconv.FormatInt(v.GetId(), 10) + "/" + Revision(v.GetSource()) + ".mp4"
}

// Cover is the address of the video's cover, or of the default one.
func (l Links) Cover(v *videov1.Video) string {
	if v.GetCover() == nil {
		return l.Default("cover")
	}
	return l.base + "/media/covers/" + strconv.FormatInt(v.GetId(), 10) + "/" + Revision(v.GetCover()) + ".jpg"
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
