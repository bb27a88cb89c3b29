//go:build e2e

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// ffmpegMade lets ffmpeg write a file, once per machine for the same arguments.
// The name decides the container.
func ffmpegMade(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	// What is made of another clip has its place among the arguments, which is a
	// new one each time.
	key, err := json.Marshal(slices.DeleteFunc(slices.Clone(args), filepath.IsAbs))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(key)
	kept := filepath.Join(os.TempDir(), "douyin-e2e-"+hex.EncodeToString(sum[:6])+"-"+name)
	if data, err := os.ReadFile(kept); err == nil {
		return data
	}
	made := filepath.Join(t.TempDir(), name)
	run(t, "ffmpeg", append(append([]string{"-hide_banner", "-loglevel", "error", "-nostdin", "-y"}, args...), made)...)
	data, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	// A rename would fail between file systems; a half-written file would poison
	// every later run.
	if err := os.WriteFile(kept+".tmp", data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(kept+".tmp", kept); err != nil {
		t.Fatal(err)
	}
	return data
}

// run runs a program and returns what it prints on its standard output.
func run(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is needed: %v", name, err)
	}
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, errs.Bytes())
	}
	return out.Bytes()
}

// clip is a small film with sound, in the codecs given by the arguments.
func clip(t testing.TB, name string, codecs ...string) []byte {
	t.Helper()
	return ffmpegMade(t, name, append([]string{
		"-f", "lavfi", "-i", "testsrc2=size=640x360:rate=15:duration=3",
		"-f", "lavfi", "-i", "sine=frequency=440:duration=3", "-shortest", "-pix_fmt", "yuv420p",
	}, codecs...)...)
}

// probed is what ffprobe says of a file or an address.
type probed struct {
	Streams []struct {
		Type   string `json:"codec_type"`
		Codec  string `json:"codec_name"`
		Pixels string `json:"pix_fmt"`
		Width  int    `json:"width"`
		Height int    `json:"height"`
	} `json:"streams"`
	Format struct {
		Name     string            `json:"format_name"`
		Duration string            `json:"duration"`
		Tags     map[string]string `json:"tags"`
	} `json:"format"`
}

func probe(t testing.TB, address string) probed {
	t.Helper()
	var p probed
	out := run(t, "ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", address)
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// codec is that of the first stream of a kind, "" where there is none.
func (p probed) codec(kind string) string {
	for _, s := range p.Streams {
		if s.Type == kind {
			return s.Codec
		}
	}
	return ""
}
