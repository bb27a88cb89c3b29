//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// longFilm takes a worker some seconds.
func longFilm(t testing.TB) []byte {
	t.Helper()
	return withBox(ffmpegMade(t, "work.mp4", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=8",
		"-f", "lavfi", "-i", "sine=frequency=440:duration=8", "-c:v", "libx264", "-preset", "ultrafast",
		"-pix_fmt", "yuv420p", "-c:a", "aac"), []byte(random(t)))
}

// claimed waits until a worker has a video, for the first time: later ones may
// be those of a worker that is gone.
func claimed(t *testing.T, videoID int64) {
	t.Helper()
	db := database(t, "video")
	within(t, workTime, "a worker has the video", func(ctx context.Context) error {
		if n, err := count(ctx, db, "SELECT COUNT(*) FROM jobs WHERE video_id = ? AND attempt > 0", videoID); err != nil || n == 0 {
			return fmt.Errorf("it waits (%w)", err)
		}
		return nil
	})
}

// Whatever dies while videos are worked on, each of them is ready in the end,
// once, and nothing of the lost attempts is left. A worker that is killed takes
// the programs with it that it started.
func TestVideosOutliveWhatDiesUnderTheirWorkers(t *testing.T) {
	stack := theStack(t)
	victims := []string{"media", sidecarOf("media"), "video", sidecarOf("video")}
	if os.Getenv("TEST_S3_ENDPOINT") != "" {
		victims = append(victims, "s3")
	}
	for _, name := range victims {
		t.Run(name, func(t *testing.T) {
			p := newPhone()
			a := newAccount(t, p)
			var ids []int64
			for i := range 2 {
				r := must(p.Publish(t.Context(), a.Token, fmt.Sprintf("outlives %d", i), bytes.NewReader(longFilm(t))))(t)
				accepted(t, r)
				ids = append(ids, r.VideoID)
			}
			for range 2 {
				var film PublishReply
				within(t, recovery, "one more video is taken", func(ctx context.Context) (err error) {
					film, err = p.Publish(ctx, a.Token, "one more", bytes.NewReader(longFilm(t)))
					return acknowledged(film, err)
				})
				ids = append(ids, film.VideoID)
				claimed(t, film.VideoID)
				ended := func() {}
				if name == "media" {
					ended = programsOf(t, stack)
				}
				stack.crash(t, name)
				ended()
			}
			start := time.Now()
			for _, id := range ids {
				becomesReady(t, p, a, id)
			}
			t.Logf("all ready %s after the second kill", time.Since(start).Round(time.Millisecond))
			for _, v := range allReady(t, p, a) {
				playable(t, v)
				showsSomething(t, v)
			}
			if n := profile(t, p, a, "").WorkCount; n != int64(len(ids)) {
				t.Errorf("work_count %d of %d videos", n, len(ids))
			}
		})
	}
	stack.audit(t)
}

// programsOf waits until workers have programs running, and returns a check that
// these have ended.
func programsOf(t *testing.T, stack starter) (ended func()) {
	t.Helper()
	var children []int
	workers := stack.replicas(t, "media")
	within(t, workTime, "ffmpeg runs", func(context.Context) error {
		children = nil
		for _, worker := range workers {
			children = append(children, childrenOf(t, stack.pid(t, worker))...)
		}
		if len(children) == 0 {
			return fmt.Errorf("no child of %v", workers)
		}
		return nil
	})
	return func() {
		t.Helper()
		within(t, recovery, "the programs have ended", func(context.Context) error {
			for _, pid := range children {
				if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err == nil && !zombie(pid) {
					return fmt.Errorf("%d runs on", pid)
				}
			}
			return nil
		})
	}
}

// childrenOf lists the processes that a process has started and that run.
func childrenOf(t testing.TB, parent int) []int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var children []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if state, of := parentOf(pid); of == parent && state != "Z" {
			children = append(children, pid)
		}
	}
	return children
}

// parentOf reads a process's state and who started it out of /proc/PID/stat,
// where both follow the name in brackets. A process that is gone has neither.
func parentOf(pid int) (state string, parent int) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 2 {
		return "", 0
	}
	parent, err = strconv.Atoi(fields[1])
	if err != nil {
		return "", 0
	}
	return fields[0], parent
}

// zombie says that a process has ended and nobody has asked how.
func zombie(pid int) bool {
	state, _ := parentOf(pid)
	return state == "Z"
}
