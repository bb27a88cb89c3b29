package logs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/logs"
)

// newDigest returns a digest and the lines that it has shown.
func newDigest() (*logs.Digest, *[]string) {
	shown := &[]string{}
	return logs.NewDigest(func(part, text string) { *shown = append(*shown, part+"|"+text) }), shown
}

func line(level, message string, n int) string {
	return fmt.Sprintf(`{"time":"2026-01-02T03:04:05.678Z","level":%q,"msg":%q,"n":%d}`, level, message, n)
}

// Ten minutes at 500 requests a second: a line of information per request, a
// warning for every tenth, and errors that are all different.
func TestConsoleStaysShortUnderLoad(t *testing.T) {
	digest, shown := newDigest()
	for minute := range 10 {
		for n := range 60 * 500 {
			digest.Line("gateway", line("INFO", "request", n))
			if n%10 == 0 {
				digest.Line("user", line("WARN", "call failed", n))
			}
			if n%100 == 0 {
				digest.Line("video", line("ERROR", fmt.Sprintf("fault %d of minute %d", n, minute), n))
			}
		}
		digest.Flush()
	}
	if n := len(*shown); n >= 100 || n < 10 {
		t.Errorf("%d lines on the console, want some and fewer than 100", n)
	}
	all := strings.Join(*shown, "\n")
	for _, want := range []string{"user|", "call failed", "(2999 more times)", "more warnings and errors are in the log files: bin/douyin logs"} {
		if !strings.Contains(all, want) {
			t.Errorf("the console does not show %q:\n%s", want, all)
		}
	}
	if strings.Contains(all, "request") {
		t.Error("the console shows requests")
	}
}

func TestRepeatedMessagesAreCounted(t *testing.T) {
	digest, shown := newDigest()
	for n := range 3 {
		digest.Line("user", line("WARN", "store is slow", n))
	}
	digest.Line("chat", line("WARN", "store is slow", 0))
	if len(*shown) != 2 || !strings.HasSuffix((*shown)[0], "WARN  store is slow  n=0") {
		t.Fatalf("shown %q, want the first of each part", *shown)
	}
	digest.Flush()
	if last := (*shown)[2]; len(*shown) != 3 || last != "user|store is slow (2 more times)" {
		t.Fatalf("shown %q, want one count", *shown)
	}
	digest.Flush() // a period without the message
	digest.Flush()
	digest.Line("user", line("WARN", "store is slow", 9))
	if len(*shown) != 4 || !strings.HasSuffix((*shown)[3], "n=9") {
		t.Errorf("shown %q, want the message again after a pause", *shown)
	}
}
