//go:build e2e

package e2e

import (
	"strconv"
	"testing"
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

// Different names at once do not get in each other's way.
func TestTwentyRegistrationsAtOnce(t *testing.T) {
	p := newPhone()
	const users = 20
	prefix := random(t)
	type outcome struct {
		r   SessionReply
		err error
	}
	results := make(chan outcome, users)
	for i := range users {
		go func() {
			r, err := p.Register(t.Context(), "many-"+prefix+"-"+strconv.Itoa(i), canary)
			results <- outcome{r, err}
		}()
	}
	seen := map[int64]bool{}
	for range users {
		o := <-results
		if o.err != nil || o.r.StatusCode != 0 {
			t.Errorf("%v %+v", o.err, o.r.Status)
			continue
		}
		if seen[o.r.UserID] {
			t.Errorf("user id %d was given twice", o.r.UserID)
		}
		seen[o.r.UserID] = true
	}
}
