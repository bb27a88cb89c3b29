package compose

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

var errDown = errors.New("down")

// source counts its loads.
type source struct {
	loads int
	err   error
}

func (s *source) load(context.Context) (int, error) {
	s.loads++
	return s.loads, s.err
}

func TestMemoOutlivesAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := &source{}
		r := &memo[int]{age: time.Second, load: from.load}
		expect := func(want int, wantErr error, loads int) {
			t.Helper()
			got, err := r.get(t.Context())
			if err == nil && got != want || !errors.Is(err, wantErr) || from.loads != loads {
				t.Errorf("got %d, %v after %d loads; want %d, %v after %d", got, err, from.loads, want, wantErr, loads)
			}
		}
		expect(1, nil, 1)
		expect(1, nil, 1)
		time.Sleep(1100 * time.Millisecond)
		expect(2, nil, 2)

		from.err = errDown
		r.forget()
		expect(2, nil, 3)
		expect(2, nil, 3) // no second load at once
		time.Sleep(1100 * time.Millisecond)
		expect(2, nil, 4)
		time.Sleep(maxStale)
		expect(0, errDown, 5)

		from.err = nil
		expect(6, nil, 6)
	})
}

func TestMemoHasNothingBeforeTheFirstLoad(t *testing.T) {
	from := &source{err: errDown}
	r := &memo[int]{age: time.Second, load: from.load}
	if _, err := r.get(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("err = %v", err)
	}
}
