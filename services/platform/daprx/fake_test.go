package daprx_test

import (
	"context"
	"net"
	"testing"

	runtimev1 "github.com/dapr/dapr/pkg/proto/runtime/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// failingBindings is a sidecar whose binding returns the errors of a driver.
type failingBindings struct {
	runtimev1.UnimplementedDaprServer
	texts map[string]string // by key
}

func (f failingBindings) InvokeBinding(_ context.Context, r *runtimev1.InvokeBindingRequest) (*runtimev1.InvokeBindingResponse, error) {
	m := r.GetMetadata()
	if m["key"] == "" || m["key"] != m["fileName"] || m["key"] != m["blobName"] {
		return nil, status.Error(codes.InvalidArgument, "a driver would miss its key")
	}
	return nil, status.Error(codes.Internal, "error invoking output binding videostore: "+f.texts[m["key"]])
}

// The errors of the drivers of 1.18 for absent objects, and others.
func TestErrorsOfDriversForAbsentObjects(t *testing.T) {
	absent := map[string]string{
		"localstorage get":    "file not found: /objects/a/000000",
		"localstorage delete": "error deleting file /objects/a/000000: remove /objects/a/000000: no such file or directory",
		"s3 get":              "object not found",
		"s3 delete":           "s3 binding error: DeleteObject operation failed: operation error S3: DeleteObject, https response error StatusCode: 404, api error NoSuchKey: The specified key does not exist.",
		"azure":               "blob not found",
	}
	other := map[string]string{
		"refused": "dial tcp 127.0.0.1:21092: connect: connection refused",
		"bucket":  "operation error S3: GetObject, https response error StatusCode: 404, NoSuchBucket: The specified bucket does not exist",
		"denied":  "error opening path /objects/a: permission denied",
	}
	sidecar := failingBindings{texts: map[string]string{}}
	for key, text := range absent {
		sidecar.texts[key] = text
	}
	for key, text := range other {
		sidecar.texts[key] = text
	}
	blobs := dial(t, daprx.Options{Address: serve(t, sidecar)}).Blobs("videostore")
	for key := range absent {
		if _, err := blobs.Get(t.Context(), key); errs.CodeOf(err) != errs.NotFound || errs.ReasonOf(err) != "OBJECT_MISSING" {
			t.Errorf("Get, %s: %v", key, err)
		}
		if err := blobs.Delete(t.Context(), key); err != nil {
			t.Errorf("Delete, %s: %v", key, err)
		}
	}
	for key := range other {
		if _, err := blobs.Get(t.Context(), key); errs.CodeOf(err) != errs.Unavailable {
			t.Errorf("Get, %s: %v", key, err)
		}
		if err := blobs.Delete(t.Context(), key); errs.CodeOf(err) != errs.Unavailable {
			t.Errorf("Delete, %s: %v", key, err)
		}
	}
}

// serve runs a fake sidecar.
func serve(t *testing.T, sidecar runtimev1.DaprServer) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	runtimev1.RegisterDaprServer(server, sidecar)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}
