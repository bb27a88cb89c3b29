package console_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
)

func TestLinesInPieces(t *testing.T) {
	var got []string
	lines := console.NewLines(func(line string) { got = append(got, line) })
	for _, piece := range []string{"on", "e\ntw", "o\r\n", "\nlast"} {
		if _, err := fmt.Fprint(lines, piece); err != nil {
			t.Fatal(err)
		}
	}
	lines.Flush()
	lines.Flush()
	if want := []string{"one", "two", "", "last"}; !slices.Equal(got, want) {
		t.Errorf("lines %q, want %q", got, want)
	}
}

func TestEndlessLineIsBounded(t *testing.T) {
	n := 0
	lines := console.NewLines(func(line string) { n += len(line) })
	block := strings.Repeat("x", 10<<10)
	for range 20 {
		if _, err := fmt.Fprint(lines, block); err != nil {
			t.Fatal(err)
		}
	}
	if n == 0 {
		t.Error("a line without an end stays in memory")
	}
}

// Without a terminal there are whole lines, no colours, and fewer lines than
// updates.
func TestPlainOutput(t *testing.T) {
	var out bytes.Buffer
	c := console.Plain(&out)
	step := c.Step("build")
	for i := range 1000 {
		step.Update("%d of 1000", i)
	}
	step.Done("daprd")
	c.Line("user", "hello")
	c.Printf("%s", c.Bold("end"))
	text := out.String()
	if strings.Contains(text, "\x1b") || strings.Contains(text, "\r") {
		t.Errorf("control characters in %q", text)
	}
	if n := strings.Count(text, "\n"); n != 4 {
		t.Errorf("%d lines, want 4:\n%s", n, text)
	}
	if !strings.Contains(text, "user              | hello") {
		t.Errorf("no prefix:\n%s", text)
	}
}
