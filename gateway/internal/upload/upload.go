// Package upload takes videos from clients: as a form through the gateway, or
// straight into the object store. The video service decides who may upload what
// and knows every open upload; this package keeps none beyond its request.
package upload

import (
	"context"
	"strings"

	"google.golang.org/grpc"

	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Refusals that concern uploads.
var (
	errTitleInvalid     = errs.New(errs.Invalid, videov1.ReasonTitleInvalid, "the title must have 1 to 128 characters")
	errUploadIncomplete = errs.New(errs.Conflict, "UPLOAD_INCOMPLETE", "parts of the video are still missing")
	errUploadMalformed  = errs.New(errs.Invalid, "UPLOAD_MALFORMED", "the upload is malformed or incomplete")
	errUploadUnknown    = errs.New(errs.NotFound, videov1.ReasonUploadUnknown, "there is no such upload")
	errUploadsTooMany   = errs.New(errs.Exhausted, videov1.ReasonUploadsTooMany, "too many uploads at once")
	errVideoEmpty       = errs.New(errs.Invalid, videov1.ReasonVideoEmpty, "the video is empty")
	errVideoFormat      = errs.New(errs.Invalid, "VIDEO_FORMAT", "unsupported video format")
	errVideoMissing     = errs.New(errs.Invalid, "VIDEO_MISSING", "there is no video in the request")
	errVideoTooLarge    = errs.New(errs.Invalid, videov1.ReasonVideoTooLarge, "the video is too large")
)

// Videos are the calls of the video service that uploads need.
type Videos interface {
	GetUpload(ctx context.Context, in *videov1.GetUploadRequest, opts ...grpc.CallOption) (*videov1.GetUploadResponse, error)
	BeginUpload(ctx context.Context, in *videov1.BeginUploadRequest, opts ...grpc.CallOption) (*videov1.BeginUploadResponse, error)
	CommitUpload(ctx context.Context, in *videov1.CommitUploadRequest, opts ...grpc.CallOption) (*videov1.CommitUploadResponse, error)
	AbortUpload(ctx context.Context, in *videov1.AbortUploadRequest, opts ...grpc.CallOption) (*videov1.AbortUploadResponse, error)
}

var _ Videos = videov1.VideoServiceClient(nil)

// Title reads the title of a video. The video service decides how long it may be.
func Title(p request.Params) (string, error) {
	title, err := p.Text("title")
	if err != nil || strings.TrimSpace(title) == "" {
		return "", errTitleInvalid
	}
	return title, nil
}
