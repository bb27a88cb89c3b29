package logs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// tailWindow is how far from the end Tail looks, in bytes.
const tailWindow = 256 << 10

// Parts lists the parts that have a log in a folder.
func Parts(folder string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.log"))
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(files))
	for _, file := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".log"))
	}
	slices.Sort(names)
	return names, nil
}

// Tail returns the last n lines of a file, and where the file ended. A missing
// file is empty.
func Tail(path string, n int) (lines []string, end int64, err error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	end = info.Size()
	start := max(0, end-tailWindow)
	raw := make([]byte, end-start)
	if _, err := file.ReadAt(raw, start); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	text := strings.TrimRight(string(raw), "\n")
	if text == "" {
		return nil, end, nil
	}
	lines = strings.Split(text, "\n")
	return lines[max(0, len(lines)-n):], end, nil
}

// followPause is how often Follow looks for more.
const followPause = 200 * time.Millisecond

// Follow hands on every complete line that is written after the position from,
// until ctx ends; what was written before that is still handed on. It goes
// along when the file is moved aside.
func Follow(ctx context.Context, path string, from int64, line func(string)) (err error) {
	f := follower{path: path, at: from, line: line}
	defer func() { err = errors.Join(err, f.close()) }()
	tick := time.NewTicker(followPause)
	defer tick.Stop()
	for last := false; ; {
		if err := f.advance(); err != nil || last {
			return err
		}
		select {
		case <-ctx.Done():
			last = true
		case <-tick.C:
		}
	}
}

// follower keeps the file open, so that the rest of one that is moved aside can
// still be read.
type follower struct {
	path string
	file *os.File
	at   int64
	rest []byte
	line func(string)
}

// advance reads to the end of the file, and of its successor if there is one.
func (f *follower) advance() error {
	for {
		if f.file == nil {
			file, err := os.Open(f.path)
			if errors.Is(err, os.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			f.file = file
		}
		moved, err := f.moved()
		if err != nil {
			return err
		}
		if err := f.read(); err != nil {
			return err
		}
		if !moved {
			return nil
		}
		if err := f.close(); err != nil {
			return err
		}
		f.at = 0
	}
}

// moved reports whether another file has the name by now.
func (f *follower) moved() (bool, error) {
	mine, err := f.file.Stat()
	if err != nil {
		return false, err
	}
	named, err := os.Stat(f.path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return err == nil && !os.SameFile(mine, named), err
}

func (f *follower) read() error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < f.at { // emptied
		f.at = 0
	}
	raw, err := io.ReadAll(io.NewSectionReader(f.file, f.at, info.Size()-f.at))
	if err != nil {
		return err
	}
	f.at += int64(len(raw))
	f.rest = append(f.rest, raw...)
	for {
		before, after, found := bytes.Cut(f.rest, []byte{'\n'})
		if !found {
			return nil
		}
		f.line(string(before))
		f.rest = after
	}
}

func (f *follower) close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}
