package logs_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/logs"
)

func TestFileIsBounded(t *testing.T) {
	folder := t.TempDir()
	const limit = 100
	file, err := logs.Open(folder, "user", limit)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if _, err := fmt.Fprintf(file, "line %02d\n", i); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	path := logs.Path(folder, "user")
	for _, name := range []string{path, path + ".1"} {
		info, err := os.Stat(name)
		if err != nil || info.Size() > limit {
			t.Errorf("%s: %v bytes, %v", name, info.Size(), err)
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 2 {
		t.Errorf("%d files, %v, want a current and an old one", len(entries), err)
	}
	lines, _, err := logs.Tail(path, 1)
	if err != nil || !slices.Equal(lines, []string{"line 49"}) {
		t.Errorf("last line %q, %v", lines, err)
	}
	parts, err := logs.Parts(folder)
	if err != nil || !slices.Equal(parts, []string{"user"}) {
		t.Errorf("parts %v, %v", parts, err)
	}
}

func TestTail(t *testing.T) {
	path := logs.Path(t.TempDir(), "x")
	if lines, end, err := logs.Tail(path, 3); err != nil || lines != nil || end != 0 {
		t.Errorf("a missing file: %q, %d, %v", lines, end, err)
	}
	if err := os.WriteFile(path, []byte("a\nb\nc\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if lines, end, err := logs.Tail(path, 2); err != nil || end != 6 || !slices.Equal(lines, []string{"b", "c"}) {
		t.Errorf("%q, %d, %v", lines, end, err)
	}
	if lines, _, err := logs.Tail(path, 9); err != nil || len(lines) != 3 {
		t.Errorf("%q, %v", lines, err)
	}
}

// A follower loses no line at a rotation, and passes on lines that were written
// before its end.
func TestFollow(t *testing.T) {
	folder := t.TempDir()
	file, err := logs.Open(folder, "user", 10)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	seen := make(chan string, 10)
	ended := make(chan error, 1)
	go func() {
		ended <- logs.Follow(ctx, logs.Path(folder, "user"), 0, func(line string) { seen <- line })
	}()
	for _, text := range []string{"first", "second", "third"} {
		if _, err := fmt.Fprintf(file, "%s\n", text); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-seen:
			if got != text {
				t.Errorf("line %q, want %q", got, text)
			}
		case err := <-ended:
			t.Fatalf("ended with %v before %q", err, text)
		}
	}
	if _, err := fmt.Fprint(file, "la"); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprint(file, "st\n"); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	close(seen)
	var rest []string
	for line := range seen {
		rest = append(rest, line)
	}
	if strings.Join(rest, ",") != "last" {
		t.Errorf("rest %q", rest)
	}
}
