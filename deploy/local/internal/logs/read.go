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
// until ctx ends. It goes along when the file is moved aside.
func Follow(ctx context.Context, path string, from int64, line func(string)) error {
	var rest []byte
	tick := time.NewTicker(followPause)
	defer tick.Stop()
	for last := false; ; {
		raw, end, err := readFrom(path, from)
		if err != nil {
			return err
		}
		from = end
		rest = append(rest, raw...)
		for {
			before, after, found := bytes.Cut(rest, []byte{'\n'})
			if !found {
				break
			}
			line(string(before))
			rest = after
		}
		if last {
			return nil
		}
		select {
		case <-ctx.Done():
			last = true // one more look, so that nothing written before is lost
		case <-tick.C:
		}
	}
}

func readFrom(path string, from int64) ([]byte, int64, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, from, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, from, err
	}
	if info.Size() < from {
		from = 0
	}
	raw, err := io.ReadAll(io.NewSectionReader(file, from, info.Size()-from))
	return raw, from + int64(len(raw)), err
}
