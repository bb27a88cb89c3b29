package ffmpeg

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// maxLine is the length of a line of a progress report in bytes.
const maxLine = 4096

// progress parses the progress report of ffmpeg: lines of key=value.
type progress struct {
	done func(time.Duration)
	line []byte
}

func (p *progress) Write(data []byte) (int, error) {
	n := len(data)
	for {
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			if len(p.line)+len(data) <= maxLine {
				p.line = append(p.line, data...)
			}
			return n, nil
		}
		p.take(string(append(p.line, data[:end]...)))
		p.line, data = p.line[:0], data[end+1:]
	}
}

func (p *progress) take(line string) {
	value, ok := strings.CutPrefix(line, "out_time_us=")
	if !ok {
		return
	}
	if us, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64); err == nil && us > 0 && p.done != nil {
		p.done(time.Duration(us) * time.Microsecond)
	}
}
