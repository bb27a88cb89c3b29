//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// Of a hundred registrations of one name one succeeds, with its own password.
func TestHundredRegistrationsOfOneName(t *testing.T) {
	p := e2etest.NewPhone()
	const requests = 100
	name := "race-" + e2etest.Random()
	type outcome struct {
		i   int
		r   client.SessionResponse
		err error
	}
	start := make(chan struct{})
	results := make(chan outcome, requests)
	for i := range requests {
		go func() {
			<-start
			r, err := p.Register(t.Context(), name, e2etest.Canary+strconv.Itoa(i))
			results <- outcome{i, r, err}
		}()
	}
	close(start)

	var winners []outcome
	refusals := map[string]int{}
	for range requests {
		o := <-results
		switch {
		case o.err != nil:
			t.Errorf("request %d: %v", o.i, o.err)
		case o.r.Code == 0:
			winners = append(winners, o)
		default:
			refusals[o.r.Message]++
		}
	}
	t.Logf("refusals: %v", refusals)
	if len(winners) != 1 {
		t.Fatalf("%d registrations of one name succeeded", len(winners))
	}
	w := winners[0]
	back := e2etest.Must(p.Login(t.Context(), name, e2etest.Canary+strconv.Itoa(w.i)))(t)
	e2etest.Accepted(t, back)
	if back.UserID != w.r.UserID {
		t.Errorf("login returns user %d, the registration %d", back.UserID, w.r.UserID)
	}
	e2etest.Refused(t, e2etest.Must(p.Login(t.Context(), name, e2etest.Canary+strconv.Itoa((w.i+1)%requests)))(t))
}

// Twenty names can be registered at once. The only refusal is that the system is
// busy, since passwords are hashed a few at a time; a repeated request succeeds.
func TestTwentyRegistrationsAtOnce(t *testing.T) {
	p := e2etest.NewPhone()
	const users = 20
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	prefix := e2etest.Random()
	type outcome struct {
		id  int64
		err error
	}
	results := make(chan outcome, users)
	for i := range users {
		go func() {
			for {
				r, err := p.Register(ctx, "many-"+prefix+"-"+strconv.Itoa(i), e2etest.Canary)
				if err == nil && r.Code == client.CodeBusy {
					continue
				}
				results <- outcome{r.UserID, e2etest.Acknowledged(r, err)}
				return
			}
		}()
	}
	seen := map[int64]bool{}
	for range users {
		o := <-results
		if o.err != nil {
			t.Error(o.err)
			continue
		}
		if seen[o.id] {
			t.Errorf("two users have the id %d", o.id)
		}
		seen[o.id] = true
	}
}

// An author starts fifty uploads at once, more than the limit of one user. Each is
// accepted or refused, and each accepted video is listed once and becomes ready,
// unless its author deletes it.
func TestFiftyUploadsAtOnceByOneAuthor(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	const uploads = 50
	type outcome struct {
		r   client.PublishResponse
		err error
	}
	results := make(chan outcome, uploads)
	start := make(chan struct{})
	for range uploads {
		movie := e2etest.SmallVideo(t)
		go func() {
			<-start
			r, err := p.Publish(t.Context(), a.Token, "one of fifty", bytes.NewReader(movie))
			results <- outcome{r, err}
		}()
	}
	close(start)
	accepted, refusals := map[int64]bool{}, map[string]int{}
	for range uploads {
		switch o := <-results; {
		case o.err != nil:
			t.Error(o.err)
		case o.r.Code != 0:
			refusals[o.r.Message]++
		case accepted[o.r.VideoID]:
			t.Errorf("two uploads have the id %d", o.r.VideoID)
		default:
			accepted[o.r.VideoID] = true
		}
	}
	t.Logf("%d accepted, refused: %v", len(accepted), refusals)
	if len(accepted) == 0 {
		t.Error("none was accepted")
	}
	list := e2etest.Must(p.PublishList(t.Context(), a.ID, a.Token, client.Page{}))(t)
	e2etest.Accepted(t, list)
	listed := map[int64]bool{} // the client checks that no list has a video twice
	for _, v := range list.Videos {
		listed[v.ID] = true
	}
	if !maps.Equal(listed, accepted) {
		t.Errorf("%d videos were accepted, and other %d are listed", len(accepted), len(listed))
	}
	const kept = 8 // the others are deleted, to save their processing
	left := 0
	for id := range accepted {
		if left++; left > kept {
			e2etest.Accepted(t, e2etest.Must(p.DeleteVideo(t.Context(), a.Token, id))(t))
			delete(accepted, id)
		}
	}
	for id := range accepted {
		e2etest.WaitReady(t, p, a, id)
	}
	if n := e2etest.Profile(t, p, a, "").WorkCount; n != int64(len(accepted)) {
		t.Errorf("work_count %d, and %d videos are left", n, len(accepted))
	}
}
