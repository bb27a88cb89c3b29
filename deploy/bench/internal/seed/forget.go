package seed

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/douyin-on-dapr/douyin/services/contract"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
)

// inProcess is longer than the programs keep copies in their memory.
const inProcess = 2 * time.Second

// forget deletes the hot documents, which were stored before the rows changed. The
// services rebuild them from the rows.
func (f *seeder) forget(ctx context.Context) (err error) {
	server := redis.NewClient(&redis.Options{
		Addr: f.stack.RedisAddr, Password: f.stack.RedisPassword, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	defer func() { err = errors.Join(err, server.Close()) }()
	for _, document := range hotv1.Documents() {
		scan := server.Scan(ctx, 0, contract.HotPrefix+"||"+document.Name+"*", 1000).Iterator()
		for scan.Next(ctx) {
			if err := server.Del(ctx, scan.Val()).Err(); err != nil {
				return err
			}
		}
		if err := scan.Err(); err != nil {
			return err
		}
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(inProcess):
		return nil
	}
}
