package hotstate_test

import (
	"testing"

	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

func TestConfirmedIsTakenOnce(t *testing.T) {
	var c hotstate.Confirmed
	one := hotstate.Fact{Subject: "like:1:2", Version: 1}
	if c.Take(one) {
		t.Error("an unknown change is confirmed")
	}
	c.Add(one, hotstate.Fact{Subject: "like:1:2", Version: 3})
	if c.Take(hotstate.Fact{Subject: "like:1:2", Version: 2}) || c.Take(hotstate.Fact{Subject: "like:1:3", Version: 1}) {
		t.Error("another change is confirmed")
	}
	if !c.Take(one) || c.Take(one) {
		t.Error("a confirmed change is not taken exactly once")
	}
}

// A process whose events another replica publishes never takes any.
func TestConfirmedForgetsTheOldest(t *testing.T) {
	var c hotstate.Confirmed
	const added = 50_000
	for n := range int64(added) {
		c.Add(hotstate.Fact{Subject: "s", Version: n})
	}
	if !c.Take(hotstate.Fact{Subject: "s", Version: added - 1}) {
		t.Error("the newest change is forgotten")
	}
	kept := 0
	for n := range int64(added) {
		if c.Take(hotstate.Fact{Subject: "s", Version: n}) {
			kept++
		}
	}
	if kept < 5_000 || kept > 20_000 {
		t.Errorf("%d of %d changes are kept", kept, added)
	}
}
