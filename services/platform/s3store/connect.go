package s3store

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/contract"
)

// Secrets is the secret store, as a sidecar offers it.
type Secrets interface {
	Secret(ctx context.Context, store, name string) (string, error)
}

// Connect is Open with the keys of the secret store. Where no store is
// configured it is nil.
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
