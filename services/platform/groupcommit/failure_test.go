package groupcommit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/groupcommit"
)

var errBroken = errors.New("broken")

// failures sends the writes 1 to 8 as one batch to a queue whose commits may
// fail, and returns the answers and the batches that were tried.
func failures(t *testing.T, commit func(writes []int) error) (answers []answer, tried [][]int) {
	t.Helper()
	h := newHarness(t, groupcommit.Options{})
	queue := groupcommit.New(func(ctx context.Context, writes []int) ([]int, error) {
		if writes[0] == 0 {
			return h.commit(ctx, writes)
		}
		tried = append(tried, slices.Clone(writes))
		if err := commit(writes); err != nil {
			return nil, err
		}
		results := make([]int, len(writes))
		for i, w := range writes {
			results[i] = 2 * w
		}
		return results, nil
	}, groupcommit.Options{})
	h.Queue = queue
	h.send(t.Context(), 0)
	<-h.started
	var sent []<-chan answer
	for n := 1; n <= 8; n++ {
		sent = append(sent, h.queue(t, t.Context(), n))
	}
	h.release <- struct{}{}
	for _, a := range sent {
		answers = append(answers, <-a)
	}
	return answers, tried
}

func wantAnswers(t *testing.T, answers []answer, third error) {
	t.Helper()
	for i, a := range answers {
		switch n := i + 1; {
		case n == 3 && third != nil:
			if !errors.Is(a.err, third) && errs.CodeOf(a.err) != errs.Internal {
				t.Errorf("write 3: %v", a.err)
			}
		case a.err != nil || a.value != 2*n:
			t.Errorf("write %d: %d, %v", n, a.value, a.err)
		}
	}
}

func TestEachWriteHasItsOwnResult(t *testing.T) {
	answers, tried := failures(t, func([]int) error { return nil })
	wantAnswers(t, answers, nil)
	if len(tried) != 1 {
		t.Errorf("tried %v", tried)
	}
}

func TestABadWriteDoesNotFailTheOthers(t *testing.T) {
	for name, fail := range map[string]func() error{
		"an error": func() error { return errBroken },
		"a panic":  func() error { panic("broken") },
	} {
		t.Run(name, func(t *testing.T) {
			answers, tried := failures(t, func(writes []int) error {
				if slices.Contains(writes, 3) {
					return fail()
				}
				return nil
			})
			wantAnswers(t, answers, errBroken)
			if answers[2].err == nil {
				t.Error("the bad write succeeded")
			}
			// The halves keep the order of arrival.
			if got, want := fmt.Sprint(tried), "[[1 2 3 4 5 6 7 8] [1 2 3 4] [1 2] [3 4] [3] [4] [5 6 7 8]]"; got != want {
				t.Errorf("tried %s, want %s", got, want)
			}
		})
	}
}

func TestADatabaseThatIsDownIsNotTriedForEachWrite(t *testing.T) {
	down := errs.New(errs.Unavailable, "", "")
	answers, tried := failures(t, func([]int) error { return down })
	for i, a := range answers {
		if errs.CodeOf(a.err) != errs.Unavailable {
			t.Errorf("write %d: %v", i+1, a.err)
		}
	}
	if len(tried) != 1 {
		t.Errorf("tried %v", tried)
	}
}

func TestTooFewResultsAreAFault(t *testing.T) {
	queue := groupcommit.New(func(context.Context, []int) ([]int, error) { return nil, nil }, groupcommit.Options{})
	if _, err := queue.Do(t.Context(), 1); errs.CodeOf(err) != errs.Internal || err == nil {
		t.Errorf("got %v", err)
	}
}

// Many callers, some of which give up: each gets its own result, and each write
// is committed at most once.
func TestManyCallers(t *testing.T) {
	var mu sync.Mutex
	commits := map[int]int{}
	queue := groupcommit.New(func(_ context.Context, writes []int) ([]int, error) {
		mu.Lock()
		defer mu.Unlock()
		results := make([]int, len(writes))
		for i, w := range writes {
			commits[w]++
			results[i] = 2 * w
		}
		return results, nil
	}, groupcommit.Options{MaxBatch: 7, Workers: 3})
	var group sync.WaitGroup
	var done atomic.Int64
	for caller := range 50 {
		group.Go(func() {
			for n := range 100 {
				ctx, leave := context.WithCancel(t.Context())
				content := caller*100 + n
				if n%10 == 0 {
					go leave()
				}
				value, err := queue.Do(ctx, content)
				switch {
				case err == nil && value == 2*content:
					done.Add(1)
				case !errors.Is(err, context.Canceled):
					t.Errorf("write %d: %d, %v", content, value, err)
				}
				leave()
			}
		})
	}
	group.Wait()
	if err := queue.Close(); err != nil {
		t.Fatal(err)
	}
	if int64(len(commits)) < done.Load() || done.Load() < 50*90 {
		t.Errorf("%d writes were committed, %d callers have a result", len(commits), done.Load())
	}
	for content, n := range commits {
		if n != 1 {
			t.Errorf("write %d was committed %d times", content, n)
		}
	}
}
