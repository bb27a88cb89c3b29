//go:build e2e

package faults

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// waitClaimed waits until media has claimed a video. Claims of later attempts count
// too: the earlier ones may be of a worker that was killed.
func waitClaimed(t *testing.T, videoID int64) {
	t.Helper()
	db := e2etest.Database(t, "video")
	e2etest.Within(t, e2etest.ProcessingTimeout, "the video is claimed", func(ctx context.Context) error {
		n, err := e2etest.Count(ctx, db, "SELECT COUNT(*) FROM jobs WHERE video_id = ? AND attempt > 0", videoID)
		if err == nil && n == 0 {
			err = fmt.Errorf("video %d is queued", videoID)
		}
		return err
	})
}

// Whatever is killed while videos are processed, each of them becomes ready once,
// and nothing of the lost attempts is left. With a worker the programs end that it
// started.
func TestVideosSurviveKillsDuringProcessing(t *testing.T) {
	stack := breakable(t)
	victims := []string{"media", e2etest.Sidecar("media"), "video", e2etest.Sidecar("video")}
	if e2etest.HasS3() {
		victims = append(victims, "s3")
	}
	for _, name := range victims {
		t.Run(name, func(t *testing.T) {
			p := e2etest.NewPhone()
			a := e2etest.NewAccount(t, p)
			publish := func(title string) int64 {
				var r client.PublishResponse
				e2etest.Within(t, e2etest.Recovery, "a video is accepted", func(ctx context.Context) (err error) {
					r, err = client.Accepted(p.Publish(ctx, a.Token, title, bytes.NewReader(e2etest.SlowVideo(t))))
					return err
				})
				return r.VideoID
			}
			ids := []int64{publish("queued")}
			for round := range 2 {
				id := publish(fmt.Sprintf("round %d", round))
				ids = append(ids, id)
				waitClaimed(t, id)
				waitEnded := func() {}
				if name == "media" {
					waitEnded = childrenOf(t, stack, name)
				}
				stack.Crash(t, name)
				waitEnded()
			}
			start := time.Now()
			for _, id := range ids {
				e2etest.WaitReady(t, p, a, id)
			}
			t.Logf("all ready %s after the second kill", time.Since(start).Round(time.Millisecond))
			for _, v := range e2etest.WaitAllReady(t, p, a) {
				e2etest.CheckPlayable(t, v)
				e2etest.CheckCover(t, v)
			}
			if n := e2etest.Profile(t, p, a, "").WorkCount; n != int64(len(ids)) {
				t.Errorf("work_count %d of %d videos", n, len(ids))
			}
		})
	}
	stack.Audit(t)
}

// childrenOf waits until a part has started other programs. It returns a function
// that waits until these have ended.
func childrenOf(t *testing.T, stack e2etest.Stack, part string) (waitEnded func()) {
	t.Helper()
	var children []int
	replicas := stack.Replicas(t, part)
	e2etest.Within(t, e2etest.ProcessingTimeout, part+" has started a program", func(context.Context) error {
		children = nil
		for _, replica := range replicas {
			children = append(children, childProcesses(t, stack.PID(t, replica))...)
		}
		if len(children) == 0 {
			return fmt.Errorf("no child of %v", replicas)
		}
		return nil
	})
	return func() {
		t.Helper()
		e2etest.Within(t, e2etest.Recovery, "the programs have ended", func(context.Context) error {
			for _, pid := range children {
				if state, _ := processState(pid); state != "" && state != zombie {
					return fmt.Errorf("process %d still runs", pid)
				}
			}
			return nil
		})
	}
}

// zombie is the state of a process that has ended and whose parent has not read its
// exit code.
const zombie = "Z"

// childProcesses lists the running processes that a process started.
func childProcesses(t testing.TB, parent int) []int {
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
		if state, of := processState(pid); of == parent && state != zombie {
			children = append(children, pid)
		}
	}
	return children
}

// processState returns the state and the parent of a process, from /proc/PID/stat,
// where both follow the name in brackets; "" if there is no such process.
func processState(pid int) (state string, parent int) {
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
