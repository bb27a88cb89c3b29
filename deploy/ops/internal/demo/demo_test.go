package demo_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/demo"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

type video struct {
	ID     int64  `json:"id"`
	Title  string `json:"title"`
	State  string `json:"state"`
	Reason string `json:"failure_reason"`
}

// gateway is a fake that keeps accounts, videos and what users do.
type gateway struct {
	mu        sync.Mutex
	ids       map[string]int64
	passwords map[string]string
	videos    map[string][]video // by author
	done      map[string]int     // likes, comments, follows and messages, by their parameters
	broken    bool               // refuses uploads
	states    []string           // of all videos, at each listing; the last one stays
}

type answer struct {
	Code   int     `json:"status_code"`
	Text   string  `json:"status_msg"`
	UserID int64   `json:"user_id"`
	Token  string  `json:"token"`
	Videos []video `json:"video_list"`
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	_ = json.NewEncoder(w).Encode(g.answer(r))
}

func (g *gateway) answer(r *http.Request) answer {
	name, password, token := r.FormValue("username"), r.FormValue("password"), r.FormValue("token")
	switch r.URL.Path {
	case "/douyin/user/register/":
		if g.ids[name] != 0 {
			return answer{Code: 3001, Text: "taken"}
		}
		g.ids[name], g.passwords[name] = int64(len(g.ids)+1), password
		return answer{UserID: g.ids[name], Token: name}
	case "/douyin/user/login/":
		if g.passwords[name] != password {
			return answer{Code: 3002, Text: "wrong password"}
		}
		return answer{UserID: g.ids[name], Token: name}
	case "/douyin/publish/list/":
		list := slices.Clone(g.videos[token])
		for i := range list {
			list[i].State = g.states[0]
			if list[i].State == "failed" {
				list[i].Reason = videov1.FailureUnreadable
			}
		}
		if len(g.states) > 1 {
			g.states = g.states[1:]
		}
		return answer{Videos: list}
	case "/douyin/publish/action/":
		file, _, err := r.FormFile("data")
		if err != nil || g.broken || g.ids[token] == 0 {
			return answer{Code: 5001, Text: "unavailable"}
		}
		if content, err := io.ReadAll(file); err != nil || len(content) == 0 {
			return answer{Code: 1}
		}
		id := int64(1000 + len(g.videos[token]) + 10*int(g.ids[token]))
		g.videos[token] = append(g.videos[token], video{ID: id, Title: r.FormValue("title")})
		return answer{}
	case "/douyin/favorite/action/", "/douyin/comment/action/", "/douyin/relation/action/", "/douyin/message/action/":
		if g.ids[token] == 0 || r.FormValue("action_type") != "1" {
			return answer{Code: 1, Text: "who?"}
		}
		g.done[r.URL.Path+"?"+r.URL.Query().Encode()]++
		return answer{}
	}
	return answer{Code: 404, Text: r.URL.Path}
}

func newGateway(t *testing.T) (*gateway, string) {
	t.Helper()
	g := &gateway{
		ids: map[string]int64{}, passwords: map[string]string{}, videos: map[string][]video{}, done: map[string]int{},
		states: []string{"uploaded", "uploaded", "uploaded", "uploaded", "uploaded", "uploaded", "processing", "ready"},
	}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	return g, server.URL
}

// newOptions uses a program that writes a file in the place of ffmpeg.
func newOptions(t *testing.T, gateway string) demo.Options {
	t.Helper()
	folder := t.TempDir()
	ffmpeg := filepath.Join(folder, "ffmpeg")
	if err := os.WriteFile(ffmpeg, []byte("#!/bin/sh\nfor last; do :; done\necho clip > \"$last\"\n"), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	clips := filepath.Join(folder, "clips")
	if err := os.Mkdir(clips, 0o700); err != nil {
		t.Fatal(err)
	}
	return demo.Options{
		Gateway: gateway, Accounts: filepath.Join(folder, "demo.json"), Folder: clips, FFmpeg: ffmpeg,
		Progress: func(text string) { t.Log(text) },
	}
}

// Every screen has something to show, and a second run adds nothing.
func TestSeedFillsEveryScreenOnce(t *testing.T) {
	g, url := newGateway(t)
	o := newOptions(t, url)
	for range 2 {
		if err := demo.Seed(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	titles := map[string]bool{}
	n := 0
	for _, list := range g.videos {
		for _, v := range list {
			titles[v.Title] = true
			n++
		}
	}
	if len(g.ids) < 5 || len(titles) < 8 || n != len(titles) || len(g.videos[demo.User]) == 0 {
		t.Errorf("%d users, %d videos, %d titles", len(g.ids), n, len(titles))
	}
	kinds := map[string]int{}
	for action := range maps.Keys(g.done) {
		kind, query, _ := strings.Cut(action, "?")
		kinds[kind]++
		if repeatable := kind == "/douyin/favorite/action/" || kind == "/douyin/relation/action/"; !repeatable && !strings.Contains(query, "request_id=demo-") {
			t.Errorf("%s has no request id", action)
		}
	}
	for kind, least := range map[string]int{"favorite": 10, "comment": 8, "relation": 8, "message": 4} {
		if got := kinds["/douyin/"+kind+"/action/"]; got < least {
			t.Errorf("%s: %d different actions, want at least %d", kind, got, least)
		}
	}
	friend := fmt.Sprintf("/douyin/relation/action/?action_type=1&to_user_id=%d&token=", g.ids[demo.User])
	back := "/douyin/relation/action/?action_type=1&to_user_id=" + strconv.FormatInt(g.ids["hanmeimei"], 10) + "&token=" + demo.User
	if g.done[friend+"hanmeimei"] == 0 || g.done[back] == 0 {
		t.Errorf("the demo user has no friend: %v", slices.Sorted(maps.Keys(g.done)))
	}
	if left, err := os.ReadDir(o.Folder); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestPasswordsAreGeneratedOnce(t *testing.T) {
	g, url := newGateway(t)
	o := newOptions(t, url)
	if err := os.WriteFile(o.Accounts, []byte(`{"wanglei": "of an older version"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := demo.Seed(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if g.passwords["wanglei"] != "of an older version" || len(g.passwords[demo.User]) < 8 || g.passwords[demo.User] != g.passwords["sunyue"] {
		t.Errorf("passwords %v", g.passwords)
	}
	if info, err := os.Stat(o.Accounts); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	_, other := newGateway(t)
	o.Gateway, o.Accounts = other, filepath.Join(t.TempDir(), "demo.json")
	if err := demo.Seed(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(o.Accounts)
	if err != nil || strings.Contains(string(raw), g.passwords[demo.User]) {
		t.Errorf("two folders have the same password: %s, %v", raw, err)
	}
}

func TestSeedReportsFaults(t *testing.T) {
	g, url := newGateway(t)
	o := newOptions(t, url)
	g.broken = true
	if err := demo.Seed(t.Context(), o); err == nil || !strings.Contains(err.Error(), "unavailable (status_code 5001)") {
		t.Errorf("uploads are refused: %v", err)
	}
	g.broken, g.states = false, []string{"failed"}
	if err := demo.Seed(t.Context(), o); err == nil || !strings.Contains(err.Error(), "could not be processed: VIDEO_UNREADABLE") {
		t.Errorf("a video fails: %v", err)
	}
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	g.states = []string{"processing"}
	if err := demo.Seed(short, o); err == nil {
		t.Error("a video stays in processing, and that is no error")
	}
	g.states, g.videos = []string{"ready"}, map[string][]video{}
	broken := o
	broken.FFmpeg = "/bin/false"
	if err := demo.Seed(t.Context(), broken); err == nil || !strings.Contains(err.Error(), "ffmpeg: exit status 1") {
		t.Errorf("ffmpeg fails: %v", err)
	}
	o.Gateway = "http://127.0.0.1:1"
	if err := demo.Seed(t.Context(), o); err == nil || strings.Contains(err.Error(), g.passwords[demo.User]) {
		t.Errorf("error %v: it must not contain a password", err)
	}
}

// The real ffmpeg understands the description of every clip.
func TestClipsCanBeRendered(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		if os.Getenv("REQUIRE_INFRA") == "1" {
			t.Fatal(err)
		}
		t.Skip("no ffmpeg")
	}
	_, url := newGateway(t)
	o := newOptions(t, url)
	// A fifth of a second of each is enough.
	short := fmt.Sprintf("#!/bin/sh\nfor a; do shift; [ \"$p\" = -t ] && a=0.2; p=$a; set -- \"$@\" \"$a\"; done\nexec %s \"$@\"\n", ffmpeg)
	if err := os.WriteFile(o.FFmpeg, []byte(short), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	if err := demo.Seed(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}
