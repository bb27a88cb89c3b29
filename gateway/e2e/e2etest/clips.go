//go:build e2e

package e2etest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// PartSize is the payload of a stored part in bytes.
const PartSize = 2 << 20

// SmallVideo returns a real video of some kilobytes, another one in each call: a
// box with random content is appended.
func SmallVideo(t testing.TB) []byte {
	t.Helper()
	return WithBox(FFmpeg(t, "small.mp4", testSource("testsrc=size=160x120:rate=10:duration=1")...), []byte(Random()))
}

// LongVideo returns a real video of less than one part that plays for six seconds.
func LongVideo(t testing.TB) []byte {
	t.Helper()
	return FFmpeg(t, "long.mp4", testSource("testsrc2=size=320x240:rate=10:duration=6")...)
}

// LargeVideo returns a real video of more than 5 MiB, which is stored as several
// parts. Most of it is a box that players skip: a video of more than 16 Mbit per
// second would be encoded again.
func LargeVideo(t testing.TB) []byte {
	t.Helper()
	filler := make([]byte, 5<<20)
	_, _ = rand.NewChaCha8([32]byte{2}).Read(filler) // never fails
	return WithBox(WithBox(LongVideo(t), filler), []byte(Random()))
}

// SlowVideo returns a real video that media works on for some seconds.
func SlowVideo(t testing.TB) []byte {
	t.Helper()
	return WithBox(FFmpeg(t, "slow.mp4", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=6",
		"-f", "lavfi", "-i", "sine=frequency=440:duration=6", "-c:v", "libx264", "-preset", "ultrafast",
		"-pix_fmt", "yuv420p", "-c:a", "aac"), []byte(Random()))
}

// Clip returns a small video with sound, in the codecs of the arguments.
func Clip(t testing.TB, name string, codecs ...string) []byte {
	t.Helper()
	return FFmpeg(t, name, append([]string{
		"-f", "lavfi", "-i", "testsrc2=size=640x360:rate=15:duration=3",
		"-f", "lavfi", "-i", "sine=frequency=440:duration=3", "-shortest", "-pix_fmt", "yuv420p",
	}, codecs...)...)
}

// testSource returns the arguments for a silent H.264 video of a test picture.
func testSource(source string) []string {
	return []string{"-f", "lavfi", "-i", source, "-c:v", "libx264", "-preset", "ultrafast", "-crf", "18",
		"-pix_fmt", "yuv420p", "-movflags", "+faststart"}
}

// FFmpeg returns a file that ffmpeg wrote. The name decides the container. Files
// are cached in the temporary folder of the machine, by name and arguments.
func FFmpeg(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	// Absolute paths are those of inputs, which are different in each run.
	key, err := json.Marshal(slices.DeleteFunc(slices.Clone(args), filepath.IsAbs))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(key)
	cached := filepath.Join(os.TempDir(), "douyin-e2e-"+hex.EncodeToString(sum[:6])+"-"+name)
	if data, err := os.ReadFile(cached); err == nil {
		return data
	}
	output := filepath.Join(t.TempDir(), name)
	Run(t, "ffmpeg", append(append([]string{"-hide_banner", "-loglevel", "error", "-nostdin", "-y"}, args...), output)...)
	data, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeWhole(cached, data); err != nil {
		t.Fatal(err)
	}
	return data
}

// writeWhole writes a file under its name when it is complete: other tests may read
// or write it at the same time.
func writeWhole(path string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".tmp")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	return err
}

// OnDisk writes a file that is removed after the test, and returns its path.
func OnDisk(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Run runs a program and returns its standard output.
func Run(t testing.TB, name string, args ...string) []byte {
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

// Box returns a box of an MP4 (ISO/IEC 14496-12, 4.2).
func Box(kind string, body []byte) []byte {
	return slices.Concat(binary.BigEndian.AppendUint32(nil, uint32(len(body)+8)), []byte(kind), body)
}

// WithBox appends a "free" box, which players skip, to a video.
func WithBox(movie, content []byte) []byte {
	return append(bytes.Clone(movie), Box("free", content)...)
}
