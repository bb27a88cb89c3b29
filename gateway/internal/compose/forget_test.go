package compose

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Whoever deletes a video no longer sees it, although a load that began before is
// still under way, and is not shown the older list again when that load ends.
func TestForgetPassesALoadUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		truth := "old"
		r := &recent[string]{age: time.Second, load: func(context.Context) (string, error) {
			read := truth
			time.Sleep(100 * time.Millisecond)
			return read, nil
		}}
		early := make(chan string, 1)
		go func() {
			value, err := r.get(t.Context())
			if err != nil {
				t.Error(err)
			}
			early <- value
		}()
		synctest.Wait()
		time.Sleep(50 * time.Millisecond)
		truth = "new"
		r.forget()
		for _, when := range []string{"during the load from before", "after it"} {
			if value, err := r.get(t.Context()); err != nil || value != "new" {
				t.Errorf("%s: %q, %v", when, value, err)
			}
		}
		if value := <-early; value != "old" {
			t.Errorf("whoever asked before got %q", value)
		}
	})
}

// The load from before may also end last.
func TestForgetPassesASlowLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		delays := make(chan time.Duration, 2)
		delays <- 500 * time.Millisecond
		delays <- 10 * time.Millisecond
		truth := "old"
		r := &recent[string]{age: time.Second, load: func(context.Context) (string, error) {
			read := truth
			time.Sleep(<-delays)
			return read, nil
		}}
		done := make(chan error, 1)
		go func() {
			_, err := r.get(t.Context())
			done <- err
		}()
		synctest.Wait()
		truth = "new"
		r.forget()
		if value, err := r.get(t.Context()); err != nil || value != "new" {
			t.Errorf("%q, %v", value, err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if value, err := r.get(t.Context()); err != nil || value != "new" {
			t.Errorf("after the slow load: %q, %v", value, err)
		}
	})
}
