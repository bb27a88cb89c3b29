// Package console shows text on the terminal: steps with their progress, and
// lines of parts with coloured names.
package console

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// plainPause is the time between two progress lines if the output is not a
// terminal, so that lines cannot be rewritten.
const plainPause = 15 * time.Second

// Console serialises its output.
type Console struct {
	mu    sync.Mutex
	out   io.Writer
	fancy bool // a terminal: lines may be rewritten and coloured
	open  bool // the last line is a progress line without a newline
}

// New writes to out, with colours and rewritten progress lines if it is a terminal.
func New(out *os.File) *Console {
	info, err := out.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &Console{out: out, fancy: terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// Plain writes to anything, without colours.
func Plain(out io.Writer) *Console { return &Console{out: out} }

// Printf shows a line.
func (c *Console) Printf(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.line(fmt.Sprintf(format, args...))
}

func (c *Console) line(text string) {
	if c.open {
		c.put("\r\x1b[K")
		c.open = false
	}
	c.put(text + "\n")
}

// put needs the mutex. A closed terminal is no reason to stop a stack.
func (c *Console) put(text string) { _, _ = io.WriteString(c.out, text) }

// Step is something that takes a while.
type Step struct {
	console *Console
	name    string
	began   time.Time
	shown   time.Time
}

// Step begins a step. It shows nothing before the first Update, so a step with
// nothing to do is invisible.
func (c *Console) Step(name string) *Step {
	now := time.Now()
	return &Step{console: c, name: name, began: now}
}

// Update shows the progress of the step.
func (s *Step) Update(format string, args ...any) {
	c := s.console
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	text := fmt.Sprintf("%s: %s, %s", s.name, fmt.Sprintf(format, args...), now.Sub(s.began).Round(time.Second))
	switch {
	case c.fancy:
		c.put("\r\x1b[K" + text)
		c.open = true
	case now.Sub(s.shown) >= plainPause:
		c.line(text)
	default:
		return
	}
	s.shown = now
}

// Done ends the step and shows its result and duration.
func (s *Step) Done(format string, args ...any) {
	took := time.Since(s.began).Round(100 * time.Millisecond)
	s.console.Printf("%s: %s (%s)", s.name, fmt.Sprintf(format, args...), took)
}

// Dim makes a text less visible on a terminal.
func (c *Console) Dim(text string) string { return c.colour("2", text) }

// Bold makes a text bold on a terminal.
func (c *Console) Bold(text string) string { return c.colour("1", text) }

func (c *Console) colour(code, text string) string {
	if !c.fancy {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// nameWidth aligns the lines of all parts.
const nameWidth = 18

// Line shows a line of a part after its name. The name determines the colour.
func (c *Console) Line(part, text string) {
	codes := [...]string{"36", "33", "32", "35", "34", "96", "93", "92", "95", "94"}
	sum := 0
	for _, r := range part {
		sum = (sum*31 + int(r)) % len(codes)
	}
	pad := strings.Repeat(" ", max(0, nameWidth-len(part)))
	c.Printf("%s %s", c.colour(codes[sum], part+pad+"|"), text)
}
