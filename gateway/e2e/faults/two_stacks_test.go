//go:build e2e

package faults

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

const (
	// smallLimit is the upload limit of the second stack in bytes, small enough to
	// send more.
	smallLimit = 4 << 20
	// stackTimeout bounds the start of another stack.
	stackTimeout = 3 * time.Minute
)

// Two stacks on one machine do not reach each other, and one does not notice the end
// of the other.
func TestTwoStacksSideBySide(t *testing.T) {
	first := breakable(t)
	second := startAnother(t, first, []string{"MAX_UPLOAD_BYTES=4194304", "CHAT_POLICY=friends"})
	base := second.Status(t).BaseURL
	if base == e2etest.BaseURL() {
		t.Fatalf("both stacks are at %s", base)
	}
	if a, b := first.Status(t).Suffix, second.Status(t).Suffix; a == b {
		t.Errorf("both stacks append %q to their app ids", a)
	}
	here, there := e2etest.NewPhone(), e2etest.PhoneFor(base, time.Minute)
	mine, theirs := e2etest.NewAccount(t, here), e2etest.NewAccount(t, there)
	checkApart(t, second, here, there, mine, theirs)
	video := e2etest.Publish(t, here, mine, "only here", e2etest.SmallVideo(t))
	if feed := e2etest.Must(there.Feed(t.Context(), 0, ""))(t); e2etest.HasVideo(feed.Videos, video.ID) {
		t.Error("a video of one stack is in the feed of the other")
	}
	checkUploadLimit(t, there, theirs, second)
	checkFriendsOnly(t, there)

	before := first.Parts(t)
	second.Down(t)
	if err := e2etest.Ready(t.Context(), base); err == nil {
		t.Error("the second stack answers after down")
	}
	for name, p := range first.Parts(t) {
		if p.PID != before[name].PID {
			t.Errorf("%s of the first stack was process %d and is %d", name, before[name].PID, p.PID)
		}
	}
	e2etest.Accepted(t, e2etest.Must(here.Login(t.Context(), mine.Name, mine.Password))(t))
	e2etest.Accepted(t, e2etest.Must(here.Publish(t.Context(), mine.Token, "still here", bytes.NewReader(e2etest.SmallVideo(t))))(t))
}

// checkApart checks that neither stack knows the users of the other. A call to the
// wrong stack would happen by chance, since a sidecar keeps the first address that
// it finds: so the check is repeated with new sidecars.
func checkApart(t *testing.T, second e2etest.Stack, here, there *client.Client, mine, theirs e2etest.Account) {
	t.Helper()
	for range 5 {
		second.Restart(t, e2etest.Sidecar("gateway"))
		second.WaitWell(t)
		e2etest.Refused(t, e2etest.Must(there.Login(t.Context(), mine.Name, mine.Password))(t))
		e2etest.Refused(t, e2etest.Must(here.Login(t.Context(), theirs.Name, theirs.Password))(t))
		e2etest.Accepted(t, e2etest.Must(here.Login(t.Context(), mine.Name, mine.Password))(t))
		e2etest.Accepted(t, e2etest.Must(there.Login(t.Context(), theirs.Name, theirs.Password))(t))
	}
	e2etest.Refused(t, e2etest.Must(there.Profile(t.Context(), mine.ID, ""))(t))
	e2etest.Refused(t, e2etest.Must(here.Profile(t.Context(), theirs.ID, ""))(t))
	e2etest.Refused(t, e2etest.Must(there.Profile(t.Context(), 0, mine.Token))(t)) // signed with another key
}

// Where multicast is blocked the sidecars find each other through a file. In a new
// stack all of them create it at the same moment.
func TestStackWithoutMulticast(t *testing.T) {
	stack := startAnother(t, e2etest.TheStack(t), nil, "--resolver", "sqlite")
	p := e2etest.PhoneFor(stack.Status(t).BaseURL, time.Minute)
	a := e2etest.NewAccount(t, p)
	e2etest.Publish(t, p, a, "without multicast", e2etest.SmallVideo(t))
	stack.Crash(t, e2etest.Sidecar("user"))
	stack.WaitWell(t)
	e2etest.Accepted(t, e2etest.Must(p.Login(t.Context(), a.Name, a.Password))(t))
	e2etest.Publish(t, p, a, "and again", e2etest.SmallVideo(t))
}

// startAnother starts an empty stack of the same programs with a data folder and
// ports of its own. The end of the test stops it.
func startAnother(t *testing.T, first e2etest.Stack, env []string, flags ...string) e2etest.Stack {
	t.Helper()
	// The names of t.TempDir are too long for a socket.
	data, err := os.MkdirTemp("", "douyin-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(data); err != nil {
			t.Error(err)
		}
	})
	s := first.Beside(data)
	t.Cleanup(func() { s.Down(t) })
	ctx, cancel := context.WithTimeout(t.Context(), stackTimeout)
	defer cancel()
	start := time.Now()
	if _, err := s.Run(ctx, env, append([]string{"up", "--detach", "--free-ports", "--no-build", "--no-seed"}, flags...)...); err != nil {
		t.Fatal(err)
	}
	t.Logf("another stack was up after %s", time.Since(start).Round(time.Millisecond))
	return s
}

// checkUploadLimit sends more than the second stack accepts, without announcing the
// length.
func checkUploadLimit(t *testing.T, p *client.Client, a e2etest.Account, s e2etest.Stack) {
	t.Helper()
	token, title := client.TextField("token", a.Token), client.TextField("title", "too large")
	file := func(size int64) client.Field { return client.FileField("data", "a.mp4", e2etest.NewBigFile(size)) }
	for what, fields := range map[string][]client.Field{
		"token before the file": {token, title, file(smallLimit + 1<<20)},
		"token after the file":  {file(smallLimit + 1<<20), token, title},
		"far too large":         {token, title, file(64 << 20)},
	} {
		r, err := p.PublishForm(t.Context(), nil, fields...)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if r.Code == client.CodeOK {
			t.Errorf("%s: accepted", what)
		}
	}
	e2etest.Accepted(t, e2etest.Must(p.PublishForm(t.Context(), nil, file(smallLimit-1<<20), token, client.TextField("title", "just right")))(t))
	if list := e2etest.Must(p.PublishList(t.Context(), a.ID, a.Token, client.Page{}))(t); len(list.Videos) != 1 {
		t.Errorf("%d videos listed, one was accepted", len(list.Videos))
	}
	e2etest.Within(t, e2etest.Recovery, "only the accepted video is stored", func(ctx context.Context) error {
		stored, err := e2etest.StoredBytes(ctx, s.Data())
		if err == nil && stored > smallLimit {
			err = errors.New("more bytes are stored than were accepted")
		}
		return err
	})
}

// checkFriendsOnly checks the chat policy "friends": only users who follow each
// other may write.
func checkFriendsOnly(t *testing.T, p *client.Client) {
	t.Helper()
	a, b := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	write := func() client.StatusResponse {
		return e2etest.Must(p.SendMessage(t.Context(), a.Token, b.ID, "may I?", ""))(t)
	}
	e2etest.Refused(t, write())
	e2etest.Follow(t, p, a, b, true)
	e2etest.Refused(t, write())
	e2etest.Follow(t, p, b, a, true)
	e2etest.Accepted(t, write())
	e2etest.Follow(t, p, b, a, false)
	e2etest.Refused(t, write())
	for _, reader := range [][2]e2etest.Account{{a, b}, {b, a}} {
		if got := e2etest.Chat(t, p, reader[0], reader[1], 0); len(got) != 1 {
			t.Errorf("%d messages, one was accepted", len(got))
		}
	}
}
