// Package logs writes and reads the output of the parts of a stack: one bounded
// file per part.
package logs

import (
	"bytes"
	"errors"
	"fmt"
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

	dropped int   // lines since the last successful write
	cause   error // of the newest failure
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

// Write appends, after the rotation of a full file. It does not fail, because the
// output of a part must go on when the disk is full: lines that cannot be written
// are dropped and counted, and the next write that succeeds reports them. A rotation
// that fails is tried again with the next write.
func (f *File) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.size > 0 && f.size+int64(len(p)) > f.limit {
		_ = f.rotate()
	}
	text := p
	if f.dropped > 0 {
		text = append(fmt.Appendf(nil, "\n%d lines were dropped: %v\n", f.dropped, f.cause), p...)
	}
	n, err := f.file.Write(text)
	f.size += int64(n)
	if err != nil {
		f.dropped, f.cause = f.dropped+bytes.Count(p, []byte("\n")), err
	} else {
		f.dropped = 0
	}
	return len(p), nil
}

// rotate renames the file and opens a new one. If it fails, the open file stays in
// use.
func (f *File) rotate() error {
	if err := os.Rename(f.path, f.path+".1"); err != nil {
		return err
	}
	old := f.file
	if err := f.open(); err != nil {
		return err
	}
	return old.Close()
}

// Close closes the file.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.file.Close()
}
