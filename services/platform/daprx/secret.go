package daprx

import (
	"context"
	"fmt"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Secret reads one secret of a secret store. The error names the store and the secret,
// never a value.
func (s *Sidecar) Secret(ctx context.Context, store, name string) (string, error) {
	const op = "daprx.Secret"
	ctx, cancel := bounded(ctx, s.timeout)
	defer cancel()
	data, err := s.client.GetSecret(ctx, store, name, nil)
	if err != nil {
		return "", apiError(op, fmt.Errorf("secret %q of %q: %w", name, store, err))
	}
	value, ok := data[name]
	if !ok {
		return "", &errs.Error{Code: errs.Internal, Op: op, Cause: fmt.Errorf("secret store %q has no value for %q", store, name)}
	}
	return value, nil
}
