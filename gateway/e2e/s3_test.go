//go:build e2e

package e2e

import (
	"testing"

	"github.com/minio/minio-go/v7"

	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// Without keys nobody reads the bucket, neither its list nor an object.
func TestObjectsBucketIsPrivate(t *testing.T) {
	t.Parallel()
	anonymous := e2etest.S3As(t, "", "")
	p := e2etest.NewPhone()
	e2etest.Publish(t, p, e2etest.NewAccount(t, p), "not to be listed", e2etest.SmallVideo(t))
	objects, err := e2etest.S3Bucket(t).List(t.Context())
	if err != nil || len(objects) == 0 {
		t.Fatalf("the owner sees %d objects, %v", len(objects), err)
	}
	listed, err := anonymous.List(t.Context())
	if minio.ToErrorResponse(err).Code != "AccessDenied" {
		t.Errorf("without keys %d objects are listed, %v", len(listed), err)
	}
	for key := range objects {
		if content, err := anonymous.Read(t.Context(), key); minio.ToErrorResponse(err).Code != "AccessDenied" {
			t.Errorf("without keys %d bytes of %s are read, %v", len(content), key, err)
		}
		break
	}
	wrong := e2etest.S3As(t, e2etest.Secret(t, "s3-access-key"), "not the secret of this store")
	if listed, err := wrong.List(t.Context()); err == nil {
		t.Errorf("with a wrong secret %d objects are listed", len(listed))
	}
}
