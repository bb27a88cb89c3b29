package logs

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

// The bounds of a Digest. A console stays below 100 lines in ten minutes,
// whatever the parts write.
const (
	digestBurst     = 20 // lines at once
	digestPerFlush  = 5  // lines that every flush allows on top, up to the burst
	digestMessages  = 200
	digestLineBytes = 400
)

// Digest chooses the entries that a console shows: warnings and errors, each
// message of a part once, its repetitions as a count when Flush is called. What
// it leaves out is in the log files.
type Digest struct {
	show func(part, text string)

	mu      sync.Mutex
	left    int // lines that may be shown before the next flush
	seen    map[message]*repetition
	omitted int
}

type message struct{ part, text string }

type repetition struct {
	count int // not shown yet
	fresh bool
}

// NewDigest passes the chosen lines to show, one at a time.
func NewDigest(show func(part, text string)) *Digest {
	return &Digest{show: show, left: digestBurst, seen: map[message]*repetition{}}
}

// Line takes a line of a part's log.
func (d *Digest) Line(part, line string) {
	// Nearly all lines are about requests that went well.
	if strings.Contains(line, `"level":"INFO"`) || strings.Contains(line, " level=info ") {
		return
	}
	if e := Parse(part, line); e.Level >= slog.LevelWarn {
		d.Add(e)
	}
}

// Add takes an entry that is worth showing, whatever its level.
func (d *Digest) Add(e Entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := message{e.Part, e.Message}
	if known := d.seen[key]; known != nil {
		known.count, known.fresh = known.count+1, true
		return
	}
	if len(d.seen) >= digestMessages || !d.line(e.Part, e.String()) {
		d.omitted++
		return
	}
	d.seen[key] = &repetition{fresh: true}
}

// Flush shows how often messages were repeated since the last flush, and how
// many entries were omitted. It is called once a minute.
func (d *Digest) Flush() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left = min(d.left+digestPerFlush, digestBurst)
	for key, known := range d.seen {
		switch {
		case !known.fresh:
			delete(d.seen, key) // silent for a whole period: news when it returns
		case known.count == 0 || d.line(key.part, fmt.Sprintf("%s (%d more times)", key.text, known.count)):
			known.count, known.fresh = 0, false
		}
	}
	if d.omitted > 0 {
		d.show("douyin", fmt.Sprintf("%d more warnings and errors are in the log files: bin/douyin logs", d.omitted))
		d.omitted = 0
	}
}

// line shows one line if the bound allows it.
func (d *Digest) line(part, text string) bool {
	if d.left == 0 {
		return false
	}
	d.left--
	if len(text) > digestLineBytes {
		text = text[:digestLineBytes] + "..."
	}
	d.show(part, text)
	return true
}
