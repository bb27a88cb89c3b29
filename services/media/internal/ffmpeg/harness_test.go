package ffmpeg_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/media/internal/ffmpeg"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
	"github.com/douyin-on-dapr/douyin/services/media/internal/peers"
	"github.com/douyin-on-dapr/douyin/services/media/internal/sandbox"
)

const patience = 60 * time.Second

func TestMain(m *testing.M) {
	sandbox.BecomeChild()
	code := m.Run()
	clips.remove()
	os.Exit(code)
}

// options suit small sources, with limits that are reached soon.
func options() ffmpeg.Options {
	return ffmpeg.Options{Threads: 1, Memory: 2 << 30, MaxOutput: 64 << 20, MaxPixels: 4096 * 2304, MaxWork: 40 * time.Second}
}

func limits() media.Limits {
	return media.Limits{
		MaxDuration: 30 * time.Second, MaxPixels: 4096 * 2304, MaxSide: 4096, MinSide: 16, MaxBitrate: 16_000_000,
		Heights: []int{720, 360}, MaxWork: 40 * time.Second,
	}
}

// installed caches Programs by their settings, because starting them takes a while.
var installed = struct {
	sync.Mutex
	programs map[string]*ffmpeg.Programs
}{programs: map[string]*ffmpeg.Programs{}}

func newPrograms(t *testing.T, mode sandbox.Mode, o ffmpeg.Options) *ffmpeg.Programs {
	t.Helper()
	installed.Lock()
	defer installed.Unlock()
	key := fmt.Sprint(mode, o)
	if programs, ok := installed.programs[key]; ok {
		return programs
	}
	box, err := sandbox.New(t.Context(), mode, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	programs, err := ffmpeg.New(t.Context(), box, o)
	if err != nil {
		t.Fatal(err)
	}
	installed.programs[key] = programs
	return programs
}

// outcome is the result of processing one source.
type outcome struct {
	reason  string // of the failure, or empty
	result  media.Result
	objects *fake.Objects
	log     string
	folder  string
}

// settings of process.
type settings struct {
	mode    sandbox.Mode
	limits  media.Limits
	options ffmpeg.Options
	// patience is the number of suspected releases that fail the video; 0: no limit.
	patience int
}

// process runs one job with the real programs until it ends.
func process(t *testing.T, source []byte, change ...func(*settings)) outcome {
	t.Helper()
	s := settings{mode: sandbox.Auto, limits: limits(), options: options()}
	for _, c := range change {
		c(&s)
	}
	var log bytes.Buffer
	jobs, objects := fake.NewJobs(time.Minute), fake.NewObjects()
	jobs.Patience = s.patience
	jobs.Add(media.Job{Ref: media.Ref{VideoID: 7}, Source: objects.Put("videos/7/source", source), Prefix: "videos/7/1/", PartSize: 1 << 20})
	folder := filepath.Join(t.TempDir(), "jobs")
	workers := media.New(media.Ports{
		Jobs: jobs, Objects: objects, Transcoder: newPrograms(t, s.mode, s.options), Index: peers.NewJobs(nil),
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	}, media.Options{Workers: 1, Poll: 20 * time.Millisecond, Folder: folder, Limits: s.limits})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- workers.Run(ctx) }()
	for jobs.Settled() == 0 && ctx.Err() == nil {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if jobs.Settled() == 0 {
		t.Fatalf("the job does not end: %s", log.String())
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
	return outcome{reason: jobs.Failures[7], result: jobs.Results[7], objects: objects, log: log.String(), folder: t.TempDir()}
}

func (o outcome) mustBeReady(t *testing.T) {
	t.Helper()
	if o.reason != "" {
		t.Fatalf("failed with %s: %s", o.reason, o.log)
	}
}

func (o outcome) mustFail(t *testing.T, reasons ...string) {
	t.Helper()
	for _, reason := range reasons {
		if o.reason == reason {
			return
		}
	}
	t.Fatalf("ended with %q, want %v: %s", o.reason, reasons, o.log)
}

// play is the file of the MP4 that players get.
func (o outcome) play(t *testing.T) string {
	t.Helper()
	key := "videos/7/source"
	if o.result.Play != nil {
		key = o.result.Play.Key
	}
	return o.file(t, "play.mp4", o.objects.Get(key))
}

func (o outcome) file(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(o.folder, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (o outcome) index(t *testing.T) *videov1.HlsIndex {
	t.Helper()
	var index videov1.HlsIndex
	if o.result.HLS == nil {
		t.Fatal("no renditions")
	}
	if err := proto.Unmarshal(o.objects.Get(o.result.HLS.Key), &index); err != nil {
		t.Fatal(err)
	}
	return &index
}

// track assembles a track like a player.
func (o outcome) track(t *testing.T, track *videov1.HlsTrack) string {
	t.Helper()
	data := bytes.Clone(o.objects.Get(track.GetInit().GetKey()))
	for _, segment := range track.GetSegments() {
		data = append(data, o.objects.Get(segment.GetObject().GetKey())...)
	}
	return o.file(t, "track-"+track.GetName()+".mp4", data)
}

// probed is the output of ffprobe without restrictions.
type probed struct {
	Streams []struct {
		Type     string            `json:"codec_type"`
		Codec    string            `json:"codec_name"`
		Profile  string            `json:"profile"`
		Pixels   string            `json:"pix_fmt"`
		Width    int               `json:"width"`
		Height   int               `json:"height"`
		Rate     string            `json:"avg_frame_rate"`
		Transfer string            `json:"color_transfer"`
		Tags     map[string]string `json:"tags"`
		SideData []struct {
			Rotation float64 `json:"rotation"`
		} `json:"side_data_list"`
	} `json:"streams"`
	Format struct {
		Duration string            `json:"duration"`
		Tags     map[string]string `json:"tags"`
	} `json:"format"`
}

func probe(t *testing.T, path string) probed {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", path).CombinedOutput()
	if err != nil {
		t.Fatalf("ffprobe %s: %v: %s", path, err, out)
	}
	var p probed
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// decodes checks that files decode completely and without messages.
func decodes(t *testing.T, paths ...string) {
	t.Helper()
	args := []string{"-v", "error", "-nostdin"}
	for _, path := range paths {
		args = append(args, "-i", path)
	}
	for i := range paths {
		args = append(args, "-map", fmt.Sprint(i))
	}
	out, err := exec.CommandContext(t.Context(), "ffmpeg", append(args, "-f", "null", "-")...).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%v: %v: %s", paths, err, out)
	}
}

// coverLook is the size of the cover, its mean brightness and its standard deviation.
func (o outcome) coverLook(t *testing.T) (width, height int, mean, deviation float64) {
	t.Helper()
	cover, err := jpeg.Decode(bytes.NewReader(o.objects.Get(o.result.Cover.Key)))
	if err != nil {
		t.Fatalf("cover: %v", err)
	}
	var sum, squares, n float64
	b := cover.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, bl, _ := cover.At(x, y).RGBA()
			gray := (0.299*float64(r) + 0.587*float64(g) + 0.114*float64(bl)) / 257
			sum, squares, n = sum+gray, squares+gray*gray, n+1
		}
	}
	mean = sum / n
	return b.Dx(), b.Dy(), mean, math.Sqrt(max(0, squares/n-mean*mean))
}
