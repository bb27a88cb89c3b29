package fake_test

import (
	"testing"

	"github.com/douyin-on-dapr/douyin/services/user/internal/activity"
	"github.com/douyin-on-dapr/douyin/services/user/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/user/internal/storetest"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) user.Store { return fake.NewStore() })
}

func TestActivities(t *testing.T) {
	storetest.RunActivities(t, func(*testing.T) activity.Store { return fake.NewActivities() })
}
