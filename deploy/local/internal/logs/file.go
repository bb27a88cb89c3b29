// Package logs writes and reads the output of the parts of a stack: one bounded
// file per part.
package logs

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
)

// Path is the log file of a part.
func Path(folder, part string) string { return filepath.Join(folder, part+".log") }

// File is an append-only log file that is renamed to NAME.log.1 when it reaches
// its limit. One old file is kept, so a part takes at most twice the limit.
type File struct {
	path  string
	limit int64

	mu   sync.Mutex
	file *os.File
	size int64
}

// Open opens the log file of a part for appending. limit is in bytes.
func Open(folder, part string, limit int64) (*File, error) {
	f := &File{path: Path(folder, part), limit: limit}
	return f, f.open()
}

func (f *File) open() error {
	file, err := os.OpenFile(f.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	f.file, f.size = file, info.Size()
	return nil
}

// Write appends, after the rotation of a full file.
func (f *File) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.size > 0 && f.size+int64(len(p)) > f.limit {
		if err := f.rotate(); err != nil {
			return 0, err
		}
	}
	n, err := f.file.Write(p)
	f.size += int64(n)
	return n, err
}

func (f *File) rotate() error {
	if err := f.file.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.path, f.path+".1"); err != nil {
		return err
	}
	return f.open()
}

// Close closes the file.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.file.Close()
}
