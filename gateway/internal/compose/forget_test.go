package compose

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// After forget the old value is gone, also while a load from before is in progress
// and after it ends.
func TestForgetDuringALoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		truth := "old"
		r := &memo[string]{age: time.Second, load: func(context.Context) (string, error) {
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
			t.Errorf("the caller from before got %q", value)
		}
	})
}

// The load from before may also end last.
func TestForgetDuringASlowLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		delays := make(chan time.Duration, 2)
		delays <- 500 * time.Millisecond
		delays <- 10 * time.Millisecond
		truth := "old"
		r := &memo[string]{age: time.Second, load: func(context.Context) (string, error) {
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
