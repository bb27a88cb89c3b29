package hotstate_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/douyin-on-dapr/douyin/services/platform/daprtest"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// startSidecar returns the state store of a real sidecar with the resiliency
// policies of all environments.
func startSidecar(t *testing.T, redis string) *daprx.State {
	t.Helper()
	policies, err := os.ReadFile(filepath.FromSlash("../../../dapr/resources/resiliency.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	sidecar := daprtest.Start(t, daprtest.Options{AppID: "hot", Components: []string{
		daprtest.RedisState("statestore", redis, "hotstate-test"), string(policies),
	}})
	dapr, err := daprx.Dial(daprx.Options{Address: sidecar.Address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dapr.Close(); err != nil {
			t.Error(err)
		}
	})
	return dapr.State("statestore")
}

// together returns a rebuild that n callers enter before any of them leaves.
func together(n int) func(context.Context) (count, error) {
	var entered sync.WaitGroup
	entered.Add(n)
	return func(context.Context) (count, error) {
		entered.Done()
		entered.Wait()
		return wrapperspb.Int64(1), nil
	}
}

// Many users change something and look at it at once. Their documents cannot be
// stored, which is no failure of the store.
func TestManyLoadsOfChangedDocumentsDoNotPreventInvalidations(t *testing.T) {
	const users, rounds = 64, 10
	store := newStore(startSidecar(t, daprtest.StartRedis(t).Address))
	docs := hotstate.For[count](store, ttl)
	for round := range rounds {
		keys := make([]string, users)
		for i := range keys {
			keys[i] = fmt.Sprintf("%d-%d", round, i)
		}
		if err := store.Invalidate(t.Context(), keys...); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		rebuild := together(users)
		var loads sync.WaitGroup
		for _, key := range keys {
			loads.Go(func() {
				if _, err := docs.Load(t.Context(), key, rebuild); err != nil {
					t.Errorf("Load of %s: %v", key, err)
				}
				if err := store.Invalidate(t.Context(), "writer"); err != nil {
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		loads.Wait()
	}
}
