//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// recovery is how long a stack may take to be well after a fault, without a
// hand.
const recovery = 15 * time.Second

// clear is how soon a request that cannot be served has to say so.
const clearWithin = 6 * time.Second

// scene is what the fault scenarios work with: a user with a video, all of it
// seen once, so that what may be cached is.
type scene struct {
	phone *Phone
	user  account
	movie []byte
	video Video
}

func newScene(t *testing.T) scene {
	t.Helper()
	p := NewPhone(baseURL(), clearWithin)
	s := scene{phone: p, user: newAccount(t, p), movie: smallMP4(t)}
	s.video = published(t, p, s.user, "before the fault", s.movie)
	within(t, recovery, "the scene is warm", s.feed)
	within(t, recovery, "the scene is warm", s.profile)
	within(t, recovery, "the scene is warm", s.bytes)
	return s
}

// errRefused marks a clear error: HTTP 200, the right shape, a code and a
// message. Anything else that a phone returns as an error is not clear.
var errRefused = errors.New("refused")

func clearly(r reply, err error) error {
	if err == nil && r.status().StatusCode != 0 {
		return fmt.Errorf("%w: %d %s", errRefused, r.status().StatusCode, r.status().StatusMsg)
	}
	return err
}

func (s scene) feed(ctx context.Context) error {
	r, err := s.phone.Feed(ctx, "", "")
	if err == nil && r.StatusCode == 0 && len(r.Videos) == 0 {
		return errors.New("the feed is empty")
	}
	return clearly(r, err)
}

func (s scene) login(ctx context.Context) error {
	r, err := s.phone.Login(ctx, s.user.Name, s.user.Password)
	return clearly(r, err)
}

func (s scene) register(ctx context.Context) error {
	r, err := s.phone.Register(ctx, fmt.Sprintf("fault-%d", time.Now().UnixNano()), canary)
	return clearly(r, err)
}

func (s scene) profile(ctx context.Context) error {
	r, err := s.phone.Profile(ctx, s.user.ID, s.user.Token)
	if err == nil && r.StatusCode == 0 && r.User.WorkCount == 0 {
		return errors.New("the profile counts no works")
	}
	return clearly(r, err)
}

func (s scene) list(ctx context.Context) error {
	r, err := s.phone.PublishList(ctx, s.user.ID, s.user.Token)
	if err == nil && r.StatusCode == 0 && len(r.Videos) == 0 {
		return errors.New("the list is empty")
	}
	return clearly(r, err)
}

func (s scene) publish(ctx context.Context) error {
	r, err := s.phone.Publish(ctx, s.user.Token, "during the fault", bytes.NewReader(s.movie))
	return clearly(r, err)
}

// bytes plays the video.
func (s scene) bytes(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.video.PlayURL, nil)
	if err != nil {
		return err
	}
	res, err := s.phone.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK || !bytes.Equal(body.Bytes(), s.movie) {
		return fmt.Errorf("play_url: %s, %d bytes", res.Status, body.Len())
	}
	return nil
}

type step struct {
	name  string
	do    func(context.Context) error
	every time.Duration // the least pause between two, 0 for pollEvery
}

// publishEvery keeps the videos that are uploaded beside a fault few enough for
// the workers, for which the next scenario would have to wait.
const publishEvery = time.Second

// all is everything that has to work on a healthy stack.
func (s scene) all() []step {
	return []step{
		{name: "feed", do: s.feed}, {name: "login", do: s.login}, {name: "register", do: s.register},
		{name: "profile", do: s.profile}, {name: "publish/list", do: s.list},
		{name: "publish", do: s.publish, every: publishEvery}, {name: "media", do: s.bytes},
	}
}

func (s scene) only(names ...string) []step {
	var out []step
	for _, name := range names {
		for _, st := range s.all() {
			if st.name == name {
				out = append(out, st)
			}
		}
	}
	return out
}

// healthy waits until every step has worked, all of them within the limit.
func (s scene) healthy(t *testing.T, since time.Time) time.Duration {
	t.Helper()
	deadline := since.Add(recovery)
	for _, st := range s.all() {
		within(t, max(time.Until(deadline), time.Millisecond), st.name+" works again", st.do)
	}
	return time.Since(since)
}

// observer repeats steps while a fault goes on and keeps what went wrong.
type observer struct {
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu      sync.Mutex
	unclear []string
	failed  map[string]int
	worked  map[string]int
}

// observe repeats the steps, each in its own goroutine, until done is called.
func observe(t *testing.T, steps []step) *observer {
	ctx, cancel := context.WithCancel(t.Context())
	o := &observer{stop: cancel, failed: map[string]int{}, worked: map[string]int{}}
	for _, st := range steps {
		o.wg.Add(1)
		go func() {
			defer o.wg.Done()
			tick := time.NewTicker(max(pollEvery, st.every))
			defer tick.Stop()
			for {
				start := time.Now()
				err := st.do(ctx)
				if ctx.Err() != nil {
					return
				}
				o.note(st.name, err, time.Since(start))
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
			}
		}()
	}
	return o
}

func (o *observer) note(name string, err error, took time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		o.worked[name]++
		return
	}
	o.failed[name]++
	if !errors.Is(err, errRefused) {
		o.unclear = append(o.unclear, fmt.Sprintf("%s after %s: %v", name, took.Round(time.Millisecond), err))
	}
}

// done ends the observation.
func (o *observer) done() (failed, worked map[string]int, unclear []string) {
	o.stop()
	o.wg.Wait()
	return o.failed, o.worked, o.unclear
}
