//go:build e2e

package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

func TestMain(m *testing.M) { e2etest.Main(m) }

// breakable returns the stack under test for a scenario that breaks it. The
// scenario ends when the stack is well again.
func breakable(t *testing.T) e2etest.Stack {
	t.Helper()
	stack := e2etest.TheStack(t)
	t.Cleanup(func() { stack.WaitWell(t) })
	return stack
}

// harness is a user with a video, and the requests that a scenario repeats during
// a fault.
type harness struct {
	phone *client.Client
	user  e2etest.Account
	movie []byte
	video client.Video
}

// newHarness also makes each read once, so that whatever may be cached is.
func newHarness(t *testing.T) harness {
	t.Helper()
	p := e2etest.ImpatientPhone()
	h := harness{phone: p, user: e2etest.NewAccount(t, p), movie: e2etest.SmallVideo(t)}
	h.video = e2etest.Publish(t, p, h.user, "before the fault", h.movie)
	for _, step := range h.only("feed", "profile", "media") {
		e2etest.Within(t, e2etest.Recovery, step.Name+" works before the fault", step.Do)
	}
	return h
}

// publishInterval limits how many videos are published during a fault: the next
// scenario waits until they are processed.
const publishInterval = time.Second

// steps returns everything that works on a healthy stack. During a fault a step may
// fail with a refusal.
func (h harness) steps() []e2etest.Step {
	return []e2etest.Step{
		{Name: "feed", Do: h.feed}, {Name: "login", Do: h.login}, {Name: "register", Do: h.register},
		{Name: "profile", Do: h.profile}, {Name: "publish/list", Do: h.list},
		{Name: "publish", Do: h.publish, Every: publishInterval}, {Name: "media", Do: h.download},
	}
}

// only returns some of the steps.
func (h harness) only(names ...string) []e2etest.Step {
	var out []e2etest.Step
	for _, name := range names {
		for _, step := range h.steps() {
			if step.Name == name {
				out = append(out, step)
			}
		}
	}
	return out
}

func (h harness) feed(ctx context.Context) error {
	r, err := client.Accepted(h.phone.Feed(ctx, 0, ""))
	if err == nil && len(r.Videos) == 0 {
		return errors.New("the feed is empty")
	}
	return err
}

func (h harness) login(ctx context.Context) error {
	return e2etest.Acknowledged(h.phone.Login(ctx, h.user.Name, h.user.Password))
}

func (h harness) register(ctx context.Context) error {
	return e2etest.Acknowledged(h.phone.Register(ctx, "fault-"+e2etest.Random(), e2etest.Canary))
}

func (h harness) profile(ctx context.Context) error {
	r, err := client.Accepted(h.phone.Profile(ctx, h.user.ID, h.user.Token))
	if err == nil && r.User.WorkCount == 0 {
		return errors.New("work_count is 0")
	}
	return err
}

func (h harness) list(ctx context.Context) error {
	r, err := client.Accepted(h.phone.PublishList(ctx, h.user.ID, h.user.Token, client.Page{}))
	if err == nil && len(r.Videos) == 0 {
		return errors.New("the list is empty")
	}
	return err
}

func (h harness) publish(ctx context.Context) error {
	return e2etest.Acknowledged(h.phone.Publish(ctx, h.user.Token, "during the fault", bytes.NewReader(h.movie)))
}

// download plays the video.
func (h harness) download(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.video.PlayURL, nil)
	if err != nil {
		return err
	}
	res, err := h.phone.HTTP().Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK || !bytes.Equal(body.Bytes(), h.movie) {
		return fmt.Errorf("play_url: %s, %d bytes", res.Status, body.Len())
	}
	return nil
}

// social returns requests to the services that steps does not need.
func (h harness) social(fan e2etest.Account) []e2etest.Step {
	return []e2etest.Step{
		{Name: "like", Do: func(ctx context.Context) error {
			return e2etest.Acknowledged(h.phone.Like(ctx, fan.Token, h.video.ID, true))
		}},
		{Name: "comment", Do: func(ctx context.Context) error {
			return e2etest.Acknowledged(h.phone.PostComment(ctx, fan.Token, h.video.ID, "one is enough", ""))
		}},
		{Name: "follow", Do: func(ctx context.Context) error {
			return e2etest.Acknowledged(h.phone.Follow(ctx, fan.Token, h.user.ID, true))
		}},
		{Name: "message", Do: func(ctx context.Context) error {
			return e2etest.Acknowledged(h.phone.SendMessage(ctx, fan.Token, h.user.ID, "one is enough", ""))
		}},
		{Name: "chat", Do: func(ctx context.Context) error {
			return e2etest.Acknowledged(h.phone.Chat(ctx, fan.Token, h.user.ID, 0))
		}},
		{Name: "followers", Do: func(ctx context.Context) error {
			return e2etest.Acknowledged(h.phone.Followers(ctx, h.user.ID, fan.Token, client.Page{}))
		}},
	}
}
