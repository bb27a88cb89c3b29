//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"maps"
	"strconv"
	"testing"
	"time"
)

// One name, a hundred hands: one of them gets it, and with its own password.
func TestHundredRegistrationsOfOneName(t *testing.T) {
	p := newPhone()
	const hands = 100
	name := "race-" + random(t)
	type outcome struct {
		hand int
		r    SessionReply
		err  error
	}
	start := make(chan struct{})
	results := make(chan outcome, hands)
	for hand := range hands {
		go func() {
			<-start
			r, err := p.Register(t.Context(), name, canary+strconv.Itoa(hand))
			results <- outcome{hand, r, err}
		}()
	}
	close(start)

	var winners []outcome
	refusals := map[string]int{}
	for range hands {
		o := <-results
		switch {
		case o.err != nil:
			t.Errorf("hand %d: %v", o.hand, o.err)
		case o.r.StatusCode == 0:
			winners = append(winners, o)
		default:
			refusals[o.r.StatusMsg]++
		}
	}
	t.Logf("refusals: %v", refusals)
	if len(winners) != 1 {
		t.Fatalf("%d registrations of one name succeeded", len(winners))
	}
	w := winners[0]
	back := must(p.Login(t.Context(), name, canary+strconv.Itoa(w.hand)))(t)
	accepted(t, back)
	if back.UserID != w.r.UserID {
		t.Errorf("login answers %d, the winner got %d", back.UserID, w.r.UserID)
	}
	refused(t, must(p.Login(t.Context(), name, canary+strconv.Itoa((w.hand+1)%hands)))(t))
}

// Different names at once do not get in each other's way. A machine that has
// more to hash than it can may say that it is busy, and nothing else; who asks
// again gets in.
func TestTwentyRegistrationsAtOnce(t *testing.T) {
	p := newPhone()
	const users = 20
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	prefix := random(t)
	type outcome struct {
		id  int64
		err error
	}
	results := make(chan outcome, users)
	for i := range users {
		go func() {
			for {
				r, err := p.Register(ctx, "many-"+prefix+"-"+strconv.Itoa(i), canary)
				if err == nil && r.StatusCode == tooBusy {
					continue
				}
				results <- outcome{r.UserID, clearly(r, err)}
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
			t.Errorf("user id %d was given twice", o.id)
		}
		seen[o.id] = true
	}
}

// Fifty from one phone at once, more than one author has places for: each is
// taken or refused clearly, and what was taken is there once and becomes ready,
// unless its author takes it away before.
func TestFiftyUploadsAtOnceByOneAuthor(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	const uploads = 50
	type outcome struct {
		r   PublishReply
		err error
	}
	results := make(chan outcome, uploads)
	start := make(chan struct{})
	for range uploads {
		movie := smallMP4(t)
		go func() {
			<-start
			r, err := p.Publish(t.Context(), a.Token, "one of fifty", bytes.NewReader(movie))
			results <- outcome{r, err}
		}()
	}
	close(start)
	taken, refusals := map[int64]bool{}, map[string]int{}
	for range uploads {
		switch o := <-results; {
		case o.err != nil:
			t.Error(o.err)
		case o.r.StatusCode != 0:
			refusals[o.r.StatusMsg]++
		case taken[o.r.VideoID]:
			t.Errorf("video %d was given twice", o.r.VideoID)
		default:
			taken[o.r.VideoID] = true
		}
	}
	t.Logf("%d taken, refused: %v", len(taken), refusals)
	if len(taken) == 0 {
		t.Error("none was taken")
	}
	list := must(p.PublishList(t.Context(), a.ID, a.Token))(t)
	accepted(t, list)
	listed := map[int64]bool{} // that none is there twice is looked at in every list
	for _, v := range list.Videos {
		listed[v.ID] = true
	}
	if !maps.Equal(listed, taken) {
		t.Errorf("%d videos were taken, and not the same %d are listed", len(taken), len(listed))
	}
	const looked = 8 // all others go, as each costs its processing
	left := 0
	for id := range taken {
		if left++; left > looked {
			accepted(t, must(p.DeleteVideo(t.Context(), a.Token, id))(t))
			delete(taken, id)
		}
	}
	for id := range taken {
		becomesReady(t, p, a, id)
	}
	if n := profile(t, p, a, "").WorkCount; n != int64(len(taken)) {
		t.Errorf("work_count %d, and %d videos are left", n, len(taken))
	}
}
