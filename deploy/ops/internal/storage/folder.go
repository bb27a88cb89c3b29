package storage

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Folder is the object store of the local environment: the folder of the
// localstorage binding, where a key is a path.
type Folder string

var _ Store = Folder("")

// List implements Reader. A folder that does not exist has no items.
func (f Folder) List(ctx context.Context) ([]Item, error) {
	var items []Item
	err := filepath.WalkDir(string(f), func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // deleted since its folder was read
		}
		if err != nil || entry.IsDir() {
			return errors.Join(err, ctx.Err())
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		key, err := filepath.Rel(string(f), path)
		items = append(items, Item{Key: filepath.ToSlash(key), Modified: info.ModTime()})
		return err
	})
	return items, err
}

// Unfinished implements Reader: a folder has no multipart uploads.
func (Folder) Unfinished(context.Context) ([]Item, error) { return nil, nil }

// GetRange implements Reader: only an S3 store keeps whole objects.
func (Folder) GetRange(_ context.Context, key string, _, _ int64) ([]byte, error) {
	return nil, errors.New(key + " should be in an S3 store")
}

// Get implements Reader.
func (f Folder) Get(_ context.Context, key string) ([]byte, error) {
	return os.ReadFile(f.path(key))
}

// Exists implements Reader.
func (f Folder) Exists(_ context.Context, key string) (bool, error) {
	_, err := os.Stat(f.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Delete implements Deleter.
func (f Folder) Delete(_ context.Context, key string) error {
	if err := os.Remove(f.path(key)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Abort implements Deleter: only an S3 store has multipart uploads.
func (Folder) Abort(_ context.Context, key, _ string) error {
	return errors.New(key + " should be in an S3 store")
}

func (f Folder) path(key string) string { return filepath.Join(string(f), filepath.FromSlash(key)) }
