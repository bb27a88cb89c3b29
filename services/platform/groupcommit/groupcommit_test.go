package groupcommit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/groupcommit"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

// harness is a queue whose commits wait until the test lets them go. The result
// of a write is its double.
type harness struct {
	*groupcommit.Queue[int, int]
	started chan []int    // receives each batch that begins
	release chan struct{} // each value lets one commit go on

	mu        sync.Mutex
	committed [][]int
	underWay  int
	most      int // commits at the same time
}

func newHarness(t *testing.T, o groupcommit.Options) *harness {
	t.Helper()
	h := &harness{started: make(chan []int, 1000), release: make(chan struct{}, 1000)}
	h.Queue = groupcommit.New(h.commit, o)
	t.Cleanup(func() {
		close(h.release)
		_ = h.Close()
	})
	return h
}

func (h *harness) commit(ctx context.Context, writes []int) ([]int, error) {
	h.mu.Lock()
	h.underWay++
	h.most = max(h.most, h.underWay)
	h.mu.Unlock()
	h.started <- slices.Clone(writes)
	select {
	case <-h.release:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.underWay--
	h.committed = append(h.committed, slices.Clone(writes))
	results := make([]int, len(writes))
	for i, w := range writes {
		results[i] = 2 * w
	}
	return results, nil
}

// answer is what Do returned.
type answer struct {
	value int
	err   error
}

// send calls Do in a goroutine.
func (h *harness) send(ctx context.Context, content int) <-chan answer {
	answers := make(chan answer, 1)
	go func() {
		value, err := h.Do(ctx, content)
		answers <- answer{value, err}
	}()
	return answers
}

// queue calls Do and waits until its write waits for a commit that is under way.
func (h *harness) queue(t *testing.T, ctx context.Context, content int) <-chan answer { //nolint:revive // t comes first
	t.Helper()
	before := h.Waiting()
	answers := h.send(ctx, content)
	sqltest.Eventually(t, "the write waits", func() bool { return h.Waiting() > before })
	return answers
}

func (h *harness) batches() [][]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.committed)
}

func wantValue(t *testing.T, answers <-chan answer, want int) {
	t.Helper()
	if got := <-answers; got.err != nil || got.value != want {
		t.Errorf("answer %d, %v; want %d", got.value, got.err, want)
	}
}

func wantCode(t *testing.T, answers <-chan answer, want errs.Code) {
	t.Helper()
	if got := <-answers; got.err == nil || errs.CodeOf(got.err) != want {
		t.Errorf("answer %d, %v; want %v", got.value, got.err, want)
	}
}

func TestWritesThatArriveDuringACommitAreCommittedTogether(t *testing.T) {
	h := newHarness(t, groupcommit.Options{MaxBatch: 3})
	answers := []<-chan answer{h.send(t.Context(), 1)}
	<-h.started // nobody waited for company
	for n := 2; n <= 6; n++ {
		answers = append(answers, h.queue(t, t.Context(), n))
	}
	for range 3 {
		h.release <- struct{}{}
	}
	for i, a := range answers {
		wantValue(t, a, 2*(i+1))
	}
	if got, want := fmt.Sprint(h.batches()), "[[1] [2 3 4] [5 6]]"; got != want {
		t.Errorf("batches %s, want %s", got, want)
	}
	sqltest.Eventually(t, "the worker ends when nothing waits", func() bool { return h.Workers() == 0 })
}

func TestNoMoreCommitsThanWorkers(t *testing.T) {
	h := newHarness(t, groupcommit.Options{MaxBatch: 1, Workers: 2})
	var answers []<-chan answer
	for n := range 2 {
		answers = append(answers, h.send(t.Context(), n))
		<-h.started
	}
	for n := 2; n < 8; n++ {
		answers = append(answers, h.queue(t, t.Context(), n))
	}
	for range 8 {
		h.release <- struct{}{}
	}
	for n, a := range answers {
		wantValue(t, a, 2*n)
	}
	if h.most != 2 {
		t.Errorf("%d commits at the same time", h.most)
	}
}

func TestAFullQueueRefusesAtOnce(t *testing.T) {
	h := newHarness(t, groupcommit.Options{MaxQueue: 2})
	first := h.send(t.Context(), 1)
	<-h.started
	leaving, leave := context.WithCancel(t.Context())
	second, third := h.queue(t, t.Context(), 2), h.queue(t, leaving, 3)
	if _, err := h.Do(t.Context(), 4); errs.CodeOf(err) != errs.Exhausted {
		t.Errorf("the queue is full: %v", err)
	}
	leave() // makes room at once
	wantCode(t, third, errs.Unavailable)
	fifth := h.queue(t, t.Context(), 5)
	h.release <- struct{}{}
	h.release <- struct{}{}
	wantValue(t, first, 2)
	wantValue(t, second, 4)
	wantValue(t, fifth, 10)
	if got, want := fmt.Sprint(h.batches()), "[[1] [2 5]]"; got != want {
		t.Errorf("batches %s, want %s", got, want)
	}
}

func TestACallerMayGiveUp(t *testing.T) {
	h := newHarness(t, groupcommit.Options{})
	leaving, leave := context.WithCancel(t.Context())
	during := h.send(leaving, 1)
	<-h.started
	waiting, stays := h.queue(t, leaving, 2), h.queue(t, t.Context(), 3)
	leave()
	wantCode(t, during, errs.Unavailable) // although its commit is under way
	wantCode(t, waiting, errs.Unavailable)
	h.release <- struct{}{}
	h.release <- struct{}{}
	wantValue(t, stays, 6)
	// The commit went on without its caller; the write that waited was not done.
	if got, want := fmt.Sprint(h.batches()), "[[1] [3]]"; got != want {
		t.Errorf("batches %s, want %s", got, want)
	}
	if _, err := h.Do(leaving, 4); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("a caller that had given up before: %v", err)
	}
}

func TestACommitHasATimeout(t *testing.T) {
	h := newHarness(t, groupcommit.Options{Timeout: time.Millisecond})
	wantCode(t, h.send(t.Context(), 1), errs.Timeout)
}

func TestCloseCommitsWhatWaits(t *testing.T) {
	h := newHarness(t, groupcommit.Options{})
	first := h.send(t.Context(), 1)
	<-h.started
	second := h.queue(t, t.Context(), 2)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}()
	sqltest.Eventually(t, "a closing queue refuses", func() bool {
		gone, leave := context.WithCancel(t.Context())
		leave()
		before := h.Waiting()
		_, err := h.Do(gone, 3)
		return errs.CodeOf(err) == errs.Unavailable && !errors.Is(err, context.Canceled) && h.Waiting() == before
	})
	select {
	case <-closed:
		t.Error("closed before its commits ended")
	default:
	}
	h.release <- struct{}{}
	h.release <- struct{}{}
	wantValue(t, first, 2)
	wantValue(t, second, 4)
	<-closed
	if h.Workers() != 0 {
		t.Errorf("%d workers are left", h.Workers())
	}
}
