package s3store

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/contract"
)

// Secrets is the secret store behind a sidecar.
type Secrets interface {
	Secret(ctx context.Context, store, name string) (string, error)
}

// Connect is Open with keys from the secret store. The result is nil if no S3 store
// is configured.
func Connect(ctx context.Context, c Config, secrets Secrets) (*Store, error) {
	if !c.Enabled() {
		return nil, nil
	}
	access, err := secrets.Secret(ctx, contract.SecretStore, contract.SecretS3AccessKey)
	if err != nil {
		return nil, err
	}
	secret, err := secrets.Secret(ctx, contract.SecretStore, contract.SecretS3SecretKey)
	if err != nil {
		return nil, err
	}
	return Open(c, Keys{Access: access, Secret: secret})
}
