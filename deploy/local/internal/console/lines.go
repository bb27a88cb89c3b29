package console

import (
	"bytes"
	"sync"
)

// Lines splits a stream into lines.
type Lines struct {
	mu   sync.Mutex
	rest []byte
	line func(string)
}

// longestLine bounds an incomplete line, in bytes.
const longestLine = 64 << 10

// NewLines calls line for each complete line.
func NewLines(line func(string)) *Lines { return &Lines{line: line} }

// Write never fails.
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

// Flush passes on an incomplete last line.
func (l *Lines) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) > 0 {
		l.line(string(l.rest))
		l.rest = nil
	}
}
