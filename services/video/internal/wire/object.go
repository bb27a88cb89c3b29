package wire

import (
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// FromObject converts a manifest to its message.
func FromObject(o video.Object) *videov1.Object {
	return &videov1.Object{
		Key:         o.Key,
		Size:        o.Size,
		PartSize:    o.PartSize,
		Sha256:      o.SHA256[:],
		ContentType: o.ContentType,
		Layout:      fromLayout(o.Layout),
	}
}

func fromOptional(o *video.Object) *videov1.Object {
	if o == nil {
		return nil
	}
	return FromObject(*o)
}

// ToObject converts the message of a manifest. It returns video.ErrObjectInvalid if
// the message is nil, its checksum is not a SHA-256, or its layout is unknown.
func ToObject(message *videov1.Object) (video.Object, error) {
	layout, known := toLayout(message.GetLayout())
	sum, err := ToChecksum(message.GetSha256())
	if err != nil || !known {
		return video.Object{}, video.ErrObjectInvalid
	}
	return video.Object{
		Key:         message.GetKey(),
		Size:        message.GetSize(),
		PartSize:    message.GetPartSize(),
		SHA256:      sum,
		ContentType: message.GetContentType(),
		Layout:      layout,
	}, nil
}

// ToOptional converts the message of an optional manifest. It returns nil for nil.
func ToOptional(message *videov1.Object) (*video.Object, error) {
	if message == nil {
		return nil, nil
	}
	o, err := ToObject(message)
	if err != nil {
		return nil, err
	}
	return &o, nil
}

// ToChecksum converts a SHA-256, or returns video.ErrObjectInvalid.
func ToChecksum(sum []byte) (read [32]byte, err error) {
	if len(sum) != len(read) {
		return read, video.ErrObjectInvalid
	}
	return [32]byte(sum), nil
}

func fromLayout(l video.Layout) videov1.Layout {
	if l == video.LayoutWhole {
		return videov1.Layout_LAYOUT_WHOLE
	}
	return videov1.Layout_LAYOUT_PARTS
}

func toLayout(l videov1.Layout) (layout video.Layout, known bool) {
	switch l {
	case videov1.Layout_LAYOUT_PARTS:
		return video.LayoutParts, true
	case videov1.Layout_LAYOUT_WHOLE:
		return video.LayoutWhole, true
	default:
		return 0, false
	}
}
