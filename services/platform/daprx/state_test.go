package daprx_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/daprtest"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const long = time.Hour

func dial(t *testing.T, o daprx.Options) *daprx.Sidecar {
	t.Helper()
	sidecar, err := daprx.Dial(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sidecar.Close(); err != nil {
			t.Error(err)
		}
	})
	return sidecar
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not in 20 s: %s", what)
		}
	}
}

func set(keysAndValues ...string) map[string][]byte {
	entries := map[string][]byte{}
	for i := 0; i+1 < len(keysAndValues); i += 2 {
		entries[keysAndValues[i]] = []byte(keysAndValues[i+1])
	}
	return entries
}

// stateTests pass on every state store.
var stateTests = map[string]func(t *testing.T, s *daprx.State, prefix string){
	"absent key":            testAbsentKey,
	"values come back":      testValuesComeBack,
	"create leaves alone":   testCreateLeavesExistingKeysAlone,
	"create and put":        testPutReplacesWhatWasCreated,
	"creators race":         testOneCreatorWins,
	"lifetime":              testLifetimeEnds,
	"create keeps lifetime": testCreateDoesNotRenewALifetime,
}

func TestState(t *testing.T) {
	sidecar := daprtest.Start(t, daprtest.Options{AppID: "state", Components: []string{
		daprtest.RedisState("redis", daprtest.RedisAddress(t), "daprx-test"),
		daprtest.MemoryState("memory"),
	}})
	dapr := dial(t, daprx.Options{Address: sidecar.Address})
	for _, component := range []string{"redis", "memory"} {
		for name, test := range stateTests {
			prefix := fmt.Sprintf("%d:%s:", time.Now().UnixNano(), strings.ReplaceAll(name, " ", "-"))
			t.Run(component+"/"+name, func(t *testing.T) { test(t, dapr.State(component), prefix) })
		}
	}
}

func mustGet(t *testing.T, s *daprx.State, key, want string) {
	t.Helper()
	if got, err := s.Get(t.Context(), key); err != nil || string(got) != want {
		t.Errorf("%s = %q, %v; want %q", key, got, err, want)
	}
}

func create(t *testing.T, s *daprx.State, ttl time.Duration, entries map[string][]byte) {
	t.Helper()
	if err := s.CreateAll(t.Context(), entries, ttl); err != nil {
		t.Fatalf("CreateAll: %v", err)
	}
}

func put(t *testing.T, s *daprx.State, ttl time.Duration, entries map[string][]byte) {
	t.Helper()
	if err := s.PutAll(t.Context(), entries, ttl); err != nil {
		t.Fatalf("PutAll: %v", err)
	}
}

func testAbsentKey(t *testing.T, s *daprx.State, prefix string) {
	if value, err := s.Get(t.Context(), prefix+"absent"); value != nil || err != nil {
		t.Errorf("Get = %v, %v", value, err)
	}
	if found, err := s.GetMany(t.Context(), []string{prefix + "absent"}); len(found) != 0 || err != nil {
		t.Errorf("GetMany = %v, %v", found, err)
	}
	if found, err := s.GetMany(t.Context(), nil); len(found) != 0 || err != nil {
		t.Errorf("GetMany of nothing = %v, %v", found, err)
	}
}

func testValuesComeBack(t *testing.T, s *daprx.State, prefix string) {
	entries := set(prefix+"text", "text", prefix+"empty", "", prefix+"binary", "\x00\xff\n\x1f", prefix+"json", `{"a":"b"}`,
		prefix+"quoted", `"quoted"`, prefix+"number", "12", prefix+"base64", "aGVsbG8=")
	put(t, s, long, entries)
	keys := append(slices.Collect(maps.Keys(entries)), prefix+"absent")
	found, err := s.GetMany(t.Context(), keys)
	if err != nil || !maps.EqualFunc(found, entries, slices.Equal) {
		t.Errorf("GetMany = %q, %v", found, err)
	}
	for key, want := range entries {
		mustGet(t, s, key, string(want))
	}
	if empty, err := s.Get(t.Context(), prefix+"empty"); empty == nil || err != nil {
		t.Errorf("the empty value reads as absent, %v", err)
	}
}

func testCreateLeavesExistingKeysAlone(t *testing.T, s *daprx.State, prefix string) {
	put(t, s, long, set(prefix+"put", "old"))
	create(t, s, long, set(prefix+"created", "old"))
	create(t, s, long, set(prefix+"put", "new", prefix+"created", "new", prefix+"absent", "new"))
	mustGet(t, s, prefix+"put", "old")
	mustGet(t, s, prefix+"created", "old")
	mustGet(t, s, prefix+"absent", "new")
}

// Invalidation relies on this pair.
func testPutReplacesWhatWasCreated(t *testing.T, s *daprx.State, prefix string) {
	for _, value := range []string{"first", "second"} {
		create(t, s, long, set(prefix+"k", "created"))
		put(t, s, long, set(prefix+"k", value))
		create(t, s, long, set(prefix+"k", "created"))
		mustGet(t, s, prefix+"k", value)
	}
}

func testOneCreatorWins(t *testing.T, s *daprx.State, prefix string) {
	var creators sync.WaitGroup
	seen := make([]string, 16)
	for i := range seen {
		creators.Go(func() {
			if err := s.CreateAll(t.Context(), set(prefix+"k", fmt.Sprint(i)), long); err != nil {
				t.Error(err)
				return
			}
			value, err := s.Get(t.Context(), prefix+"k")
			if err != nil {
				t.Error(err)
			}
			seen[i] = string(value)
		})
	}
	creators.Wait()
	if len(slices.Compact(slices.Clone(seen))) != 1 || seen[0] == "" {
		t.Errorf("creators saw %q", seen)
	}
}

func isAbsent(t *testing.T, s *daprx.State, key string) func() bool {
	return func() bool {
		value, err := s.Get(t.Context(), key)
		return err == nil && value == nil
	}
}

func testLifetimeEnds(t *testing.T, s *daprx.State, prefix string) {
	put(t, s, time.Second, set(prefix+"put", "v"))
	create(t, s, time.Second, set(prefix+"created", "v"))
	put(t, s, 10*time.Millisecond, set(prefix+"short", "v")) // one second, not unlimited
	create(t, s, long, set(prefix+"long", "v"))
	for _, key := range []string{"put", "created", "short"} {
		eventually(t, key+" ends", isAbsent(t, s, prefix+key))
	}
	mustGet(t, s, prefix+"long", "v")
	create(t, s, long, set(prefix+"put", "again"))
	mustGet(t, s, prefix+"put", "again")
}

func testCreateDoesNotRenewALifetime(t *testing.T, s *daprx.State, prefix string) {
	put(t, s, 2*time.Second, set(prefix+"k", "invalidated"))
	create(t, s, long, set(prefix+"k", "document"))
	mustGet(t, s, prefix+"k", "invalidated")
	eventually(t, "the first lifetime ends", isAbsent(t, s, prefix+"k"))
}

func TestStateStoreThatHangsOrDies(t *testing.T) {
	redis := daprtest.StartRedis(t)
	sidecar := daprtest.Start(t, daprtest.Options{AppID: "state", Components: []string{daprtest.RedisState("redis", redis.Address, "t")}})
	dapr := dial(t, daprx.Options{Address: sidecar.Address, CallTimeout: time.Second})
	state := dapr.State("redis")
	create(t, state, long, set("k", "v"))

	redis.Hang()
	short, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := state.Get(short, "k"); errs.CodeOf(err) != errs.Timeout || time.Since(start) > 500*time.Millisecond {
		t.Errorf("Get while Redis hangs = %v after %v", err, time.Since(start))
	}
	redis.Resume()
	mustGet(t, state, "k", "v")

	redis.Kill()
	calls := map[string]func() error{
		"Get":       func() error { _, err := state.Get(t.Context(), "k"); return err },
		"GetMany":   func() error { _, err := state.GetMany(t.Context(), []string{"k", "l"}); return err },
		"CreateAll": func() error { return state.CreateAll(t.Context(), set("k", "w"), long) },
		"PutAll":    func() error { return state.PutAll(t.Context(), set("k", "w"), long) },
	}
	for name, call := range calls {
		if code := errs.CodeOf(call()); code != errs.Unavailable && code != errs.Timeout {
			t.Errorf("%s without Redis: %v", name, code)
		}
	}
}

func TestMissingStateComponentIsInternal(t *testing.T) {
	sidecar := daprtest.Start(t, daprtest.Options{AppID: "state"})
	dapr := dial(t, daprx.Options{Address: sidecar.Address})
	if _, err := dapr.State("nothing").Get(t.Context(), "k"); errs.CodeOf(err) != errs.Internal {
		t.Errorf("Get = %v", err)
	}
	if err := dapr.State("nothing").CreateAll(t.Context(), set("k", "v"), long); errs.CodeOf(err) != errs.Internal {
		t.Errorf("CreateAll = %v", err)
	}
}
