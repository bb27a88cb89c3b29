//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// smallLimit is the upload limit of the second stack, in bytes: small enough to
// be exceeded by what is really sent.
const smallLimit = 4 << 20

// Two stacks on one machine do not hear each other, and the end of one is
// nothing to the other.
func TestTwoStacksSideBySide(t *testing.T) {
	first := theStack(t)
	second := anotherStack(t, first, []string{"MAX_UPLOAD_BYTES=4194304", "CHAT_POLICY=friends"})
	base := strings.TrimSuffix(second.status(t).BaseURL, "/")
	if base == baseURL() {
		t.Fatalf("both stacks say they are at %s", base)
	}

	here, there := newPhone(), NewPhone(base, 60*time.Second)
	mine, theirs := newAccount(t, here), newAccount(t, there)

	if a, b := first.status(t).Suffix, second.status(t).Suffix; a == b {
		t.Errorf("both stacks append %q to their app ids", a)
	}
	// A call that went astray would do so by chance: a sidecar keeps the first
	// address that it hears. So several times, each with a sidecar that has heard
	// none yet.
	for range 5 {
		second.restart(t, sidecarOf("gateway"))
		within(t, recovery, "the sidecar of the second gateway is back", func(ctx context.Context) error { return ready(ctx, base) })
		refused(t, must(there.Login(t.Context(), mine.Name, mine.Password))(t))
		refused(t, must(here.Login(t.Context(), theirs.Name, theirs.Password))(t))
		accepted(t, must(here.Login(t.Context(), mine.Name, mine.Password))(t))
		accepted(t, must(there.Login(t.Context(), theirs.Name, theirs.Password))(t))
	}
	refused(t, must(there.Profile(t.Context(), mine.ID, ""))(t))
	refused(t, must(here.Profile(t.Context(), theirs.ID, ""))(t))
	refused(t, must(there.Profile(t.Context(), 0, mine.Token))(t)) // signed with another key
	video := published(t, here, mine, "only here", smallMP4(t))
	if feed := must(there.Feed(t.Context(), "", ""))(t); hasVideo(feed.Videos, video.ID) {
		t.Error("the video of one stack is in the feed of the other")
	}

	overTheLimit(t, there, theirs, second)
	friendsOnly(t, there)

	pids := first.processes(t)
	second.down(t)
	if err := ready(t.Context(), base); err == nil {
		t.Error("the second stack still answers after down")
	}
	for name, p := range first.processes(t) {
		if p.PID != pids[name].PID {
			t.Errorf("%s of the first stack was %d and is %d", name, pids[name].PID, p.PID)
		}
	}
	accepted(t, must(here.Login(t.Context(), mine.Name, mine.Password))(t))
	accepted(t, must(here.Publish(t.Context(), mine.Token, "still here", bytes.NewReader(smallMP4(t))))(t))
}

// Where multicast is blocked the sidecars find each other through a file. It is
// made new here, by all of them at the same moment.
func TestStackWithoutMulticast(t *testing.T) {
	stack := anotherStack(t, theStack(t), nil, "--resolver", "sqlite")
	p := NewPhone(stack.status(t).BaseURL, 60*time.Second)
	a := newAccount(t, p)
	published(t, p, a, "without multicast", smallMP4(t))
	old := stack.kill(t, sidecarOf("user"))
	within(t, recovery, "the killed sidecar is found again", func(ctx context.Context) error {
		if stack.processes(t)[sidecarOf("user")].PID == old {
			return errors.New("not yet started again")
		}
		r, err := p.Login(ctx, a.Name, a.Password)
		return clearly(r, err)
	})
	published(t, p, a, "and again", smallMP4(t))
}

// anotherStack starts a stack of the same programs with a data folder and ports
// of its own, and with nothing in it.
func anotherStack(t *testing.T, first starter, env []string, flags ...string) starter {
	t.Helper()
	// Not t.TempDir, whose long name would not leave room for a socket's.
	data, err := os.MkdirTemp("", "douyin-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(data); err != nil {
			t.Error(err)
		}
	})
	s := starter{bin: first.bin, data: data}
	t.Cleanup(func() { s.down(t) })
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	start := time.Now()
	if _, err := s.run(ctx, env, append([]string{"up", "--detach", "--free-ports", "--no-build", "--no-seed"}, flags...)...); err != nil {
		t.Fatal(err)
	}
	t.Logf("another stack was up after %s", time.Since(start).Round(time.Millisecond))
	return s
}

func hasVideo(videos []Video, id int64) bool {
	for _, v := range videos {
		if v.ID == id {
			return true
		}
	}
	return false
}

// overTheLimit sends more than the second stack takes, without announcing it.
func overTheLimit(t *testing.T, p *Phone, a account, s starter) {
	t.Helper()
	for what, fields := range map[string][]Field{
		"token before the file": {TextField("token", a.Token), TextField("title", "too large"), FileField("data", "a.mp4", newBigMP4(smallLimit+1<<20))},
		"token after the file":  {FileField("data", "a.mp4", newBigMP4(smallLimit+1<<20)), TextField("token", a.Token), TextField("title", "too large")},
		"far too large":         {TextField("token", a.Token), TextField("title", "too large"), FileField("data", "a.mp4", newBigMP4(64<<20))},
	} {
		r, err := p.PublishForm(t.Context(), nil, fields...)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if r.StatusCode == 0 {
			t.Errorf("%s: accepted beyond the limit", what)
		}
	}
	accepted(t, must(p.PublishForm(t.Context(), nil, FileField("data", "a.mp4", newBigMP4(smallLimit-1<<20)),
		TextField("token", a.Token), TextField("title", "just right")))(t))
	if list := must(p.PublishList(t.Context(), a.ID, a.Token))(t); len(list.Videos) != 1 {
		t.Errorf("%d videos listed, one was accepted", len(list.Videos))
	}
	within(t, recovery, "only the accepted video is stored", func(context.Context) error {
		var stored int64
		err := filepath.WalkDir(objectsIn(s.data), func(_ string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return ignoreMissing(err)
			}
			info, err := d.Info()
			if err != nil {
				return ignoreMissing(err)
			}
			stored += info.Size()
			return nil
		})
		if err == nil && stored > smallLimit {
			err = errors.New("more bytes are stored than were accepted")
		}
		return err
	})
}

func ignoreMissing(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// down stops the stack; stopping a stopped one is fine.
func (s starter) down(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := s.run(ctx, nil, "down"); err != nil {
		t.Error(err)
	}
}
