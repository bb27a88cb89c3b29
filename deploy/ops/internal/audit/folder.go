package audit

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

var (
	_ Objects = Folder("")
	_ Remover = Folder("")
)

// List implements Objects. A folder that does not exist is an empty one.
func (f Folder) List(ctx context.Context) ([]Listed, error) {
	var kept []Listed
	err := filepath.WalkDir(string(f), func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone since its folder was read
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
		kept = append(kept, Listed{Key: filepath.ToSlash(key), Modified: info.ModTime()})
		return err
	})
	return kept, err
}

// Unfinished implements Objects: files come whole, or are parts of what is known.
func (Folder) Unfinished(context.Context) ([]Listed, error) { return nil, nil }

// GetRange implements Objects: only an S3 store keeps whole objects.
func (Folder) GetRange(_ context.Context, key string, _, _ int64) ([]byte, error) {
	return nil, errors.New(key + " should be in an S3 store")
}

// Get implements Objects.
func (f Folder) Get(_ context.Context, key string) ([]byte, error) {
	return os.ReadFile(f.path(key))
}

// Exists implements Objects.
func (f Folder) Exists(_ context.Context, key string) (bool, error) {
	_, err := os.Stat(f.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Remove implements Remover.
func (f Folder) Remove(_ context.Context, key string) error {
	if err := os.Remove(f.path(key)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Abort implements Remover: only an S3 store has uploads in pieces.
func (Folder) Abort(_ context.Context, key, _ string) error {
	return errors.New(key + " should be in an S3 store")
}

func (f Folder) path(key string) string { return filepath.Join(string(f), filepath.FromSlash(key)) }
