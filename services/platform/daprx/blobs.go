package daprx

import (
	"context"
	"strings"
	"time"

	dapr "github.com/dapr/go-sdk/client"
	"google.golang.org/grpc/status"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// blobTimeout bounds the transfer of a few MiB, also to a distant store.
const blobTimeout = 30 * time.Second

// reasonObjectMissing is the reason of Get for an absent object.
const reasonObjectMissing = "OBJECT_MISSING"

// absentTexts are the drivers' errors for an absent object: bindings have no error code
// for it. Lower case; localstorage has one text for get and another for delete, S3-like
// stores have two, Azure has the last.
func absentTexts() [5]string {
	return [...]string{
		"file not found:",
		"no such file or directory",
		"object not found",
		"nosuchkey",
		"blob not found",
	}
}

// Blobs is an object store behind a Dapr binding. Bindings do not stream, hold an object
// in memory several times over, and change bodies that happen to be base64 or a quoted
// string. So store small parts with a binary header (objectstore), not the bytes of
// users.
type Blobs struct {
	sidecar *Sidecar
	binding string
}

// Blobs returns the binding component; nothing is sent yet.
func (s *Sidecar) Blobs(binding string) *Blobs {
	return &Blobs{sidecar: s, binding: binding}
}

// Put stores data under key and replaces an earlier object. The sidecar refuses more
// than its --max-body-size (4 MiB) with Exhausted.
func (b *Blobs) Put(ctx context.Context, key string, data []byte) error {
	_, err := b.invoke(ctx, "create", key, data)
	return apiError("daprx.Blobs.Put", err)
}

// Get reads an object. For an absent one the error is NotFound with the reason
// OBJECT_MISSING.
func (b *Blobs) Get(ctx context.Context, key string) ([]byte, error) {
	const op = "daprx.Blobs.Get"
	data, err := b.invoke(ctx, "get", key, nil)
	if isAbsent(err) {
		return nil, &errs.Error{Code: errs.NotFound, Reason: reasonObjectMissing, Message: "object not found", Op: op, Cause: err}
	}
	return data, apiError(op, err)
}

// Delete removes an object. For an absent one it returns nil.
func (b *Blobs) Delete(ctx context.Context, key string) error {
	_, err := b.invoke(ctx, "delete", key, nil)
	if isAbsent(err) {
		return nil
	}
	return apiError("daprx.Blobs.Delete", err)
}

func (b *Blobs) invoke(ctx context.Context, operation, key string, data []byte) ([]byte, error) {
	ctx, cancel := bounded(ctx, blobTimeout)
	defer cancel()
	event, err := b.sidecar.client.InvokeBinding(ctx, &dapr.InvokeBindingRequest{
		Name:      b.binding,
		Operation: operation,
		Data:      data,
		// Each driver has its own name for the key.
		Metadata: map[string]string{"key": key, "fileName": key, "blobName": key},
	})
	if err != nil {
		return nil, err
	}
	return event.Data, nil
}

func isAbsent(err error) bool {
	if err == nil {
		return false
	}
	text := strings.ToLower(status.Convert(err).Message())
	for _, absent := range absentTexts() {
		if strings.Contains(text, absent) {
			return true
		}
	}
	return false
}
