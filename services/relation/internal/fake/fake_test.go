package fake_test

import (
	"testing"

	"github.com/douyin-on-dapr/douyin/services/relation/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Store { return fake.NewStore() })
}
