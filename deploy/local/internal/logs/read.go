package logs

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
)

// tailWindow bounds the bytes that Tail reads.
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

// Tail returns the last n lines of a file, and its size. A missing file is empty.
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
	raw, err := io.ReadAll(io.NewSectionReader(file, start, end-start))
	if err != nil {
		return nil, 0, err
	}
	text := strings.TrimRight(string(raw), "\n")
	if text == "" {
		return nil, end, nil
	}
	lines = strings.Split(text, "\n")
	return lines[max(0, len(lines)-n):], end, nil
}

// Last returns the last n lines of a part's log, for people.
func Last(folder, part string, n int) ([]string, error) {
	lines, _, err := Tail(Path(folder, part), n)
	for i, line := range lines {
		lines[i] = Parse(part, line).String()
	}
	return lines, err
}

// followInterval is how often Follow reads.
const followInterval = 200 * time.Millisecond

// Follow passes on every complete line that is written after the position from,
// until ctx ends; lines that were written before that are still passed on. It
// continues with the next file when the file is rotated.
func Follow(ctx context.Context, path string, from int64, line func(string)) error {
	f := follower{path: path, at: from, lines: console.NewLines(line)}
	defer f.close()
	tick := time.NewTicker(followInterval)
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

// follower keeps the file open, to read the rest of one that is rotated.
type follower struct {
	path  string
	file  *os.File
	at    int64
	lines *console.Lines
}

// advance reads to the end of the file, and of the next one after a rotation.
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
		// Before the read: a file that is rotated later is read again at the next tick.
		rotated, err := f.rotated()
		if err != nil {
			return err
		}
		if err := f.read(); err != nil || !rotated {
			return err
		}
		f.close()
	}
}

// rotated reports whether the name belongs to another file now.
func (f *follower) rotated() (bool, error) {
	current, err := f.file.Stat()
	if err != nil {
		return false, err
	}
	named, err := os.Stat(f.path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return err == nil && !os.SameFile(current, named), err
}

func (f *follower) read() error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < f.at { // truncated
		f.at = 0
	}
	raw, err := io.ReadAll(io.NewSectionReader(f.file, f.at, info.Size()-f.at))
	if err != nil {
		return err
	}
	f.at += int64(len(raw))
	_, err = f.lines.Write(raw)
	return err
}

func (f *follower) close() {
	if f.file != nil {
		_ = f.file.Close() // it was only read
		f.file, f.at = nil, 0
	}
}
