package fake_test

import (
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/video/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/video/internal/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) (storetest.Store, storetest.Clock) {
		clock := fake.NewClock(time.Time{})
		return fake.NewStore(clock), clock
	})
}
