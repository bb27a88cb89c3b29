package seed_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/seed"
)

// gateway is a made-up one that keeps users and titles.
type gateway struct {
	mu     sync.Mutex
	users  map[string]int64
	titles map[int64][]string
	broken bool // refuses to publish
	// What becomes of a video: its state each time the list is asked for.
	states []string
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	type video struct {
		Title  string `json:"title"`
		State  string `json:"state"`
		Reason string `json:"failure_reason"`
	}
	answer := struct {
		Code   int     `json:"status_code"`
		Text   string  `json:"status_msg"`
		UserID int64   `json:"user_id"`
		Token  string  `json:"token"`
		Videos []video `json:"video_list"`
	}{}
	name := r.FormValue("username")
	switch r.URL.Path {
	case "/douyin/user/register/":
		if g.users[name] != 0 {
			answer.Code, answer.Text = 3001, "taken"
			break
		}
		g.users[name] = int64(len(g.users) + 1)
		answer.UserID, answer.Token = g.users[name], name
	case "/douyin/user/login/":
		answer.UserID, answer.Token = g.users[name], name
	case "/douyin/publish/list/":
		for _, title := range g.titles[g.users[r.FormValue("token")]] {
			v := video{Title: title, State: g.states[0]}
			if v.State == "failed" {
				v.Reason = "VIDEO_UNREADABLE"
			}
			answer.Videos = append(answer.Videos, v)
		}
		g.states = append(g.states[1:], g.states[len(g.states)-1])
	case "/douyin/publish/action/":
		file, _, err := r.FormFile("data")
		if err != nil || g.broken {
			answer.Code, answer.Text = 5001, "unavailable"
			break
		}
		content, err := io.ReadAll(file)
		author := g.users[r.FormValue("token")]
		if err != nil || author == 0 || !bytes.HasPrefix(content, []byte("clip")) {
			answer.Code = 1
			break
		}
		g.titles[author] = append(g.titles[author], r.FormValue("title"))
	default:
		http.NotFound(w, r)
		return
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func newGateway(t *testing.T) (*gateway, string) {
	t.Helper()
	g := &gateway{users: map[string]int64{}, titles: map[int64][]string{}, states: []string{"uploaded", "uploaded", "uploaded", "processing", "ready"}}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	return g, server.URL
}

// fakeFFmpeg writes a file instead of a video and counts its calls.
func fakeFFmpeg(calls *int) seed.Runner {
	return func(_ context.Context, cmd *exec.Cmd) error {
		*calls++
		return os.WriteFile(cmd.Args[len(cmd.Args)-1], []byte("clip"), 0o600)
	}
}

func TestDemoFillsAndCanBeRepeated(t *testing.T) {
	g, url := newGateway(t)
	folder, calls := t.TempDir(), 0
	show := console.Plain(t.Output())
	for range 2 {
		if err := seed.Demo(t.Context(), show, fakeFFmpeg(&calls), url, folder); err != nil {
			t.Fatal(err)
		}
	}
	videos := 0
	for _, titles := range g.titles {
		videos += len(titles)
		if sorted := slices.Compact(slices.Sorted(slices.Values(titles))); len(sorted) != len(titles) {
			t.Errorf("published twice: %v", titles)
		}
	}
	if len(g.users) < 3 || videos < 3 || videos > 5 || calls != videos {
		t.Errorf("%d users, %d videos, %d clips made", len(g.users), videos, calls)
	}
	if g.users[seed.DemoAccount().Name] == 0 {
		t.Error("the account that is shown to people does not exist")
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestDemoReportsFaults(t *testing.T) {
	g, url := newGateway(t)
	calls := 0
	g.broken = true
	err := seed.Demo(t.Context(), console.Plain(t.Output()), fakeFFmpeg(&calls), url, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "unavailable (status_code 5001)") {
		t.Errorf("error %v", err)
	}
	g.broken = false
	g.states = []string{"processing", "failed"}
	err = seed.Demo(t.Context(), console.Plain(t.Output()), fakeFFmpeg(&calls), url, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "could not be processed: VIDEO_UNREADABLE") {
		t.Errorf("a video that fails: %v", err)
	}
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	g.states = []string{"processing"}
	err = seed.Demo(short, console.Plain(t.Output()), fakeFFmpeg(&calls), url, t.TempDir())
	if err == nil {
		t.Error("videos that never get ready are no error")
	}
	g.states, g.titles = []string{"ready"}, map[int64][]string{}
	noFFmpeg := func(context.Context, *exec.Cmd) error { return errors.New("no such codec") }
	if err := seed.Demo(t.Context(), console.Plain(t.Output()), noFFmpeg, url, t.TempDir()); err == nil || !strings.Contains(err.Error(), "no such codec") {
		t.Errorf("error %v", err)
	}
	err = seed.Demo(t.Context(), console.Plain(t.Output()), fakeFFmpeg(&calls), "http://127.0.0.1:1", t.TempDir())
	if err == nil || strings.Contains(err.Error(), seed.DemoAccount().Password) {
		t.Errorf("error %v: it must not hold a password", err)
	}
}

// The real ffmpeg understands every description of a clip.
func TestClipsCanBeMade(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		if os.Getenv("REQUIRE_INFRA") == "1" {
			t.Fatal(err)
		}
		t.Skip("no ffmpeg")
	}
	_, url := newGateway(t)
	sizes := []int64{}
	run := func(ctx context.Context, cmd *exec.Cmd) error {
		shorter := append([]string{}, cmd.Args[1:len(cmd.Args)-1]...)
		file := cmd.Args[len(cmd.Args)-1]
		short := exec.CommandContext(ctx, cmd.Args[0], append(shorter, "-t", "0.2", file)...)
		short.Stdout, short.Stderr = cmd.Stdout, cmd.Stderr
		if err := short.Run(); err != nil {
			return err
		}
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		sizes = append(sizes, info.Size())
		return os.WriteFile(file, []byte("clip"), 0o600)
	}
	if err := seed.Demo(t.Context(), console.Plain(t.Output()), run, url, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	for _, size := range sizes {
		if size < 1000 {
			t.Errorf("clips of %v bytes", sizes)
			break
		}
	}
}
