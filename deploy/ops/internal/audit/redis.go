package audit

import (
	"context"
	"errors"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/douyin-on-dapr/douyin/services/contract"
)

// RedisHot is the hot state as Dapr stores it in Redis: one hash per entry with
// the fields data and version. Keys begin with the prefix of the state store.
type RedisHot struct {
	client *redis.Client
}

var _ Hot = (*RedisHot)(nil)

const (
	redisPrefix = contract.HotPrefix + "||"
	scanCount   = 1000
)

// NewRedisHot returns the hot state in the Redis at addr (host:port). It connects
// on first use. The password may be empty.
func NewRedisHot(addr, password string) *RedisHot {
	return &RedisHot{client: redis.NewClient(&redis.Options{
		Addr:                     addr,
		Password:                 password,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})}
}

// Close ends the connections.
func (r *RedisHot) Close() error { return r.client.Close() }

// Keys implements Hot. It leaves out keys that do not belong to the state store.
func (r *RedisHot) Keys(ctx context.Context) ([]string, error) {
	seen := map[string]struct{}{} // a scan may return a key twice
	var keys []string
	scan := r.client.Scan(ctx, 0, redisPrefix+"*", scanCount).Iterator()
	for scan.Next(ctx) {
		key := strings.TrimPrefix(scan.Val(), redisPrefix)
		if _, repeated := seen[key]; !repeated {
			seen[key] = struct{}{}
			keys = append(keys, key)
		}
	}
	return keys, scan.Err()
}

// Entry implements Hot.
func (r *RedisHot) Entry(ctx context.Context, key string) (value []byte, version string, err error) {
	fields, err := r.client.HMGet(ctx, redisPrefix+key, "data", "version").Result()
	if err != nil {
		return nil, "", err
	}
	if fields[0] == nil && fields[1] == nil {
		return nil, "", nil
	}
	data, dataOK := fields[0].(string)
	version, versionOK := fields[1].(string)
	if !dataOK || !versionOK {
		return nil, "", errors.New("not an entry of a state store")
	}
	return []byte(data), version, nil
}
