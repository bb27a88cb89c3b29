package logs_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/logs"
)

// write writes lines, none of which may fail: an error would end the output of the
// part.
func write(t *testing.T, file *logs.File, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if n, err := fmt.Fprintln(file, line); n != len(line)+1 || err != nil {
			t.Errorf("%s: %d bytes, %v", line, n, err)
		}
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path) //nolint:gosec // of this test
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestLinesOfAFullDiskAreCounted(t *testing.T) {
	folder := t.TempDir()
	file, err := logs.Open(folder, "user", 1_000)
	if err != nil {
		t.Fatal(err)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	write(t, file, "before")
	good := file.Swap(full)
	write(t, file, "lost", "lost")
	if err := file.Swap(good).Close(); err != nil {
		t.Fatal(err)
	}
	write(t, file, "after", "later")
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	const want = "before\n\n2 lines were dropped: write /dev/full: no space left on device\nafter\nlater\n"
	if got := content(t, logs.Path(folder, "user")); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAFailedRotationIsTriedAgain(t *testing.T) {
	folder := t.TempDir()
	file, err := logs.Open(folder, "user", 10)
	if err != nil {
		t.Fatal(err)
	}
	path := logs.Path(folder, "user")
	if err := os.Mkdir(path+".1", 0o700); err != nil { // so that the renaming fails
		t.Fatal(err)
	}
	write(t, file, "one", "second", "third")
	if got := content(t, path); got != "one\nsecond\nthird\n" {
		t.Errorf("without a rotation: %q", got)
	}
	if err := os.Remove(path + ".1"); err != nil {
		t.Fatal(err)
	}
	write(t, file, "fourth")
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if got := content(t, path) + content(t, path+".1"); got != "fourth\n"+"one\nsecond\nthird\n" || strings.Contains(got, "dropped") {
		t.Errorf("after the rotation: %q", got)
	}
}
