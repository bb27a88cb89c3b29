package daprx

import (
	"context"
	"strings"
	"time"

	dapr "github.com/dapr/go-sdk/client"
	"google.golang.org/grpc/status"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// blobTimeout bounds one object of a few MiB, to a far store too.
const blobTimeout = 30 * time.Second

// reasonObjectMissing marks the answer to Get of an object that is not there.
const reasonObjectMissing = "OBJECT_MISSING"

// absentTexts are how drivers say that an object is not there: bindings have no
// error code for it. Lower case; localstorage has one text for get and another
// for delete, S3-like stores have two, Azure the last.
func absentTexts() [5]string {
	return [...]string{
		"file not found:",
		"no such file or directory",
		"object not found",
		"nosuchkey",
		"blob not found",
	}
}

// Blobs is an object store behind a Dapr binding. Bindings do not stream, hold
// an object in memory several times over, and change bodies that happen to be
// base64 or a quoted string: store small parts with a binary header
// (objectstore), not what users send.
type Blobs struct {
	sidecar *Sidecar
	binding string
}

// Blobs names a binding component; nothing is sent yet.
func (s *Sidecar) Blobs(binding string) *Blobs {
	return &Blobs{sidecar: s, binding: binding}
}

// Put stores data under key and replaces what was there. The sidecar refuses
// more than its --max-body-size (4 MiB) with Exhausted.
func (b *Blobs) Put(ctx context.Context, key string, data []byte) error {
	_, err := b.invoke(ctx, "create", key, data)
	return apiError("daprx.Blobs.Put", err)
}

// Get reads an object. One that does not exist is NotFound with the reason
// OBJECT_MISSING.
func (b *Blobs) Get(ctx context.Context, key string) ([]byte, error) {
	const op = "daprx.Blobs.Get"
	data, err := b.invoke(ctx, "get", key, nil)
	if isAbsent(err) {
		return nil, &errs.Error{Code: errs.NotFound, Reason: reasonObjectMissing, Message: "object not found", Op: op, Cause: err}
	}
	return data, apiError(op, err)
}

// Delete removes an object. One that does not exist is success.
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
		// Each driver reads the key under a name of its own.
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
