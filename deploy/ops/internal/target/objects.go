package target

import (
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/storage"
	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
)

// Objects is the group of flags that name the object store: a folder or a
// bucket.
type Objects struct {
	ObjectsFolder string `help:"Folder that the localstorage binding keeps objects in." placeholder:"FOLDER" env:"DOUYIN_OBJECTS_FOLDER"`
	S3Addr        string `help:"host:port of the S3 server that keeps objects, instead of a folder." name:"s3-addr" placeholder:"ADDR" env:"DOUYIN_S3_ADDR"`
	S3Bucket      string `help:"Bucket on the S3 server." name:"s3-bucket" default:"douyin" env:"DOUYIN_S3_BUCKET"`
	S3Region      string `help:"Region of the bucket." name:"s3-region" default:"us-east-1" env:"DOUYIN_S3_REGION"`
}

// Open returns the store, or nil when the flags name none.
func (o Objects) Open(secrets map[string]string) (storage.Store, error) {
	switch {
	case o.S3Addr != "":
		return storage.NewBucket(o.S3Addr, o.S3Bucket, o.S3Region,
			s3store.Keys{Access: secrets[contract.SecretS3AccessKey], Secret: secrets[contract.SecretS3SecretKey]})
	case o.ObjectsFolder != "":
		return storage.Folder(o.ObjectsFolder), nil
	default:
		return nil, nil
	}
}
