package ffmpeg_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// clips caches generated sources for all tests.
var clips cache

type cache struct {
	mu     sync.Mutex
	folder string
	made   map[string][]byte
}

func (c *cache) remove() {
	if c.folder != "" {
		_ = os.RemoveAll(c.folder)
	}
}

// clip generates a source with ffmpeg. The last argument is the name of its file.
func clip(t *testing.T, args ...string) []byte {
	t.Helper()
	clips.mu.Lock()
	defer clips.mu.Unlock()
	key := strings.Join(args, " ")
	if data, ok := clips.made[key]; ok {
		return data
	}
	if clips.made == nil {
		clips.made = map[string][]byte{}
		var err error
		if clips.folder, err = os.MkdirTemp("", "clips-"); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "ffmpeg", append([]string{"-v", "error", "-nostdin", "-y"}, args...)...)
	cmd.Dir = clips.folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg %v: %v: %s", args, err, out)
	}
	data, err := os.ReadFile(filepath.Join(clips.folder, args[len(args)-1]))
	if err != nil {
		t.Fatal(err)
	}
	clips.made[key] = data
	return data
}

// clipFile is the path of a file made by clip.
func clipFile(name string) string { return filepath.Join(clips.folder, name) }

// videoInput and audioInput generate the streams of most clips.
func videoInput(size string, rate, seconds int) []string {
	return []string{"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=s=%s:r=%d:d=%d", size, rate, seconds)}
}

func audioInput(seconds int) []string {
	return []string{"-f", "lavfi", "-i", fmt.Sprintf("sine=f=440:d=%d", seconds)}
}

func join(parts ...[]string) []string {
	var all []string
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}
