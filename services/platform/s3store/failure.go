package s3store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"github.com/minio/minio-go/v7"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// codeNoUpload is S3's code for an upload that is not open, or no longer.
const codeNoUpload = "NoSuchUpload"

// reasonObjectMissing is also the reason of the Dapr binding (daprx.Blobs).
const reasonObjectMissing = "OBJECT_MISSING"

// failure converts an error of the client library to an errs.Error. It drops the
// library's text, which may contain whole URLs with signatures.
func failure(op string, err error) error {
	if err == nil {
		return nil
	}
	var ours *errs.Error
	if errors.As(err, &ours) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return errs.Wrap(op, withoutURL(err))
	}
	var answer minio.ErrorResponse
	if errors.As(err, &answer) && answer.StatusCode != 0 {
		return refusal(op, answer)
	}
	return &errs.Error{Code: errs.Unavailable, Reason: "STORE_UNAVAILABLE", Op: op, Cause: withoutURL(err)}
}

// refusal converts an error response of the store.
func refusal(op string, answer minio.ErrorResponse) error {
	e := &errs.Error{Code: errs.Internal, Op: op, Cause: fmt.Errorf("store answered %d %s", answer.StatusCode, answer.Code)}
	switch {
	case answer.Code == "NoSuchKey" || answer.Code == "NotFound":
		e.Code, e.Reason, e.Message = errs.NotFound, reasonObjectMissing, "object not found"
	case answer.Code == codeNoUpload:
		e.Code, e.Reason, e.Message = errNoUpload.Code, errNoUpload.Reason, errNoUpload.Message
	case answer.Code == "InvalidPart" || answer.Code == "InvalidPartOrder":
		e.Code, e.Reason, e.Message = errs.Conflict, "UPLOAD_PARTS_CHANGED", "parts of the upload have changed"
	case answer.Code == "EntityTooSmall":
		e.Code, e.Reason, e.Message = errs.Invalid, "UPLOAD_PART_TOO_SMALL", "a part of the upload is too small"
	case answer.StatusCode >= http.StatusInternalServerError, answer.StatusCode == http.StatusTooManyRequests,
		answer.StatusCode == http.StatusRequestTimeout, answer.Code == "NoSuchBucket":
		e.Code, e.Reason = errs.Unavailable, "STORE_UNAVAILABLE"
	}
	return e
}

// withoutURL returns the cause of an error without its URL.
func withoutURL(err error) error {
	var failed *url.Error
	if !errors.As(err, &failed) {
		return err
	}
	var network *net.OpError
	switch {
	case errors.As(err, &network):
		return network
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return context.Canceled
	}
	return errors.New("connection to the store lost")
}
