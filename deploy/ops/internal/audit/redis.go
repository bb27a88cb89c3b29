package audit

import (
	"context"
	"errors"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/douyin-on-dapr/douyin/services/contract"
)

// RedisHot is the hot state as Dapr keeps it in Redis: a hash per entry with the
// fields data and version, its key behind the prefix of the state store.
type RedisHot struct {
	client *redis.Client
}

var _ Hot = (*RedisHot)(nil)

const (
	redisPrefix = contract.HotPrefix + "||"
	scanCount   = 1000
)

// NewRedisHot connects to addr (host:port) when it is first asked; an empty
// password means that none is asked for.
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

// Keys implements Hot. What is in Redis beside the state store is left out.
func (r *RedisHot) Keys(ctx context.Context) ([]string, error) {
	found := map[string]struct{}{} // a scan may name a key twice
	var keys []string
	scan := r.client.Scan(ctx, 0, redisPrefix+"*", scanCount).Iterator()
	for scan.Next(ctx) {
		key := strings.TrimPrefix(scan.Val(), redisPrefix)
		if _, again := found[key]; !again {
			found[key] = struct{}{}
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
		return nil, "", errors.New("no entry of a state store")
	}
	return []byte(data), version, nil
}
