package hotstate_test

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

var (
	_ hotstate.States = (*fakeStates)(nil)
	_ hotstate.States = (*daprx.State)(nil)
)

var errDown = errors.New("state store is down")

// fakeStates is an in-memory state store with lifetimes that can fail or hang.
type fakeStates struct {
	mu      sync.Mutex
	entries map[string]fakeEntry
	mode    fakeMode
	calls   int
}

type fakeEntry struct {
	value   []byte
	expires time.Time
}

type fakeMode int

const (
	works fakeMode = iota
	fails          // answers with an error
	hangs          // returns when the deadline of the call has passed
)

func newFakeStates() *fakeStates { return &fakeStates{entries: map[string]fakeEntry{}} }

func (f *fakeStates) set(mode fakeMode) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mode = mode
}

func (f *fakeStates) seen() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// enter counts the call and applies the mode.
func (f *fakeStates) enter(ctx context.Context) error {
	f.mu.Lock()
	f.calls++
	mode := f.mode
	f.mu.Unlock()
	switch mode {
	case fails:
		return errDown
	case hangs:
		<-ctx.Done()
	}
	return ctx.Err()
}

func (f *fakeStates) Get(ctx context.Context, key string) ([]byte, error) {
	found, err := f.GetMany(ctx, []string{key})
	return found[key], err
}

func (f *fakeStates) GetMany(ctx context.Context, keys []string) (map[string][]byte, error) {
	if err := f.enter(ctx); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	found := map[string][]byte{}
	for _, key := range keys {
		if entry, ok := f.entries[key]; ok && time.Now().Before(entry.expires) {
			found[key] = entry.value
		}
	}
	return found, nil
}

func (f *fakeStates) CreateAll(ctx context.Context, entries map[string][]byte, ttl time.Duration) error {
	if err := f.enter(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for key, value := range entries {
		if entry, ok := f.entries[key]; !ok || !time.Now().Before(entry.expires) {
			f.entries[key] = fakeEntry{value, time.Now().Add(ttl)}
		}
	}
	return nil
}

func (f *fakeStates) PutAll(ctx context.Context, entries map[string][]byte, ttl time.Duration) error {
	if err := f.enter(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	fresh := maps.Clone(entries)
	for key, value := range fresh {
		f.entries[key] = fakeEntry{value, time.Now().Add(ttl)}
	}
	return nil
}
