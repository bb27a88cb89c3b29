package orphans_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/opsharness"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/orphans"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/servicedb"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/storage"
)

// timeout is short, because in most tests no row changes.
const timeout = 200 * time.Millisecond

// old is an age at which orphans may be deleted.
const old = 11 * time.Minute

// hookedFolder is a folder with hooks that run just before it is used.
type hookedFolder struct {
	storage.Folder
	beforeExists func(key string)
	beforeDelete func(key string) error
}

func (h hookedFolder) Exists(ctx context.Context, key string) (bool, error) {
	if h.beforeExists != nil {
		h.beforeExists(key)
	}
	return h.Folder.Exists(ctx, key)
}

func (h hookedFolder) Delete(ctx context.Context, key string) error {
	if h.beforeDelete != nil {
		if err := h.beforeDelete(key); err != nil {
			return err
		}
	}
	return h.Folder.Delete(ctx, key)
}

// hookedBucket is a bucket with hooks that run just before it is used.
type hookedBucket struct {
	*storage.Bucket
	beforeUnfinished func()
	abortError       error
}

func (h hookedBucket) Unfinished(ctx context.Context) ([]storage.Item, error) {
	if h.beforeUnfinished != nil {
		h.beforeUnfinished()
	}
	return h.Bucket.Unfinished(ctx)
}

func (h hookedBucket) Abort(ctx context.Context, key, upload string) error {
	if h.abortError != nil {
		return h.abortError
	}
	return h.Bucket.Abort(ctx, key, upload)
}

func videoDB(t *testing.T, d opsharness.Databases) *servicedb.DB {
	t.Helper()
	db, err := servicedb.Open(t.Context(), "video", d.DSNs["video"])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// sweep runs a sweep and returns the printed lines, in order of the alphabet, and
// how many orphans remain.
func sweep(t *testing.T, db *servicedb.DB, store storage.Store, deleter *orphans.Deleter) (lines []string, remaining int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out bytes.Buffer
	s := orphans.Sweep{Finder: orphans.Finder{DB: db, Store: store, Timeout: timeout}, Deleter: deleter, Out: &out}
	remaining, err := s.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	lines = strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	slices.Sort(lines)
	return lines, remaining
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("printed %q\nwant    %q", got, want)
	}
}
