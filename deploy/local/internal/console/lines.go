package console

import (
	"bytes"
	"sync"
)

// Lines cuts a stream into lines and hands each on.
type Lines struct {
	mu   sync.Mutex
	rest []byte
	line func(string)
}

// longestLine bounds what is kept of a line without an end, in bytes.
const longestLine = 64 << 10

// NewLines hands complete lines to a function.
func NewLines(line func(string)) *Lines { return &Lines{line: line} }

// Write takes the next piece of the stream; it never fails.
func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	for {
		before, after, found := bytes.Cut(l.rest, []byte{'\n'})
		if !found {
			break
		}
		l.line(string(bytes.TrimRight(before, "\r")))
		l.rest = after
	}
	if len(l.rest) > longestLine {
		l.line(string(l.rest))
		l.rest = nil
	}
	return len(p), nil
}

// Flush hands on what has no end of line yet.
func (l *Lines) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) > 0 {
		l.line(string(l.rest))
		l.rest = nil
	}
}
