// Package fake has in-memory ports for tests, written by hand.
package fake

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/media/internal/media"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Jobs is a queue as the video service keeps it: one worker has a job until its
// lease ends, and a result is taken once.
type Jobs struct {
	mu       sync.Mutex
	lease    time.Duration
	queue    []*entry
	claims   int
	problems map[string]func() error

	Patience int // how many suspected releases are a failure; 0: none

	Results  map[int64]media.Result // by video
	Failures map[int64]string
	Released []media.Ref
	Suspects []string // the suspected reason of each release
	Renewed  []int    // the progress of each
	Reserved map[media.Ref][]media.Extent
}

type entry struct {
	job   media.Job
	held  bool      // somebody has it
	until time.Time // and nobody else gets it until then
}

var _ media.Jobs = (*Jobs)(nil)

// NewJobs makes an empty queue.
func NewJobs(lease time.Duration) *Jobs {
	return &Jobs{
		lease: lease, problems: map[string]func() error{}, Results: map[int64]media.Result{},
		Failures: map[int64]string{}, Reserved: map[media.Ref][]media.Extent{},
	}
}

// Add puts a job into the queue.
func (j *Jobs) Add(job media.Job) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.queue = append(j.queue, &entry{job: job})
}

// Trouble makes a method, by its name, ask what to answer before it does
// anything; after its name followed by "ed" it is asked when all was done. nil
// takes the trouble away.
func (j *Jobs) Trouble(method string, answer func() error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.problems[method] = answer
}

// trouble is called with the lock held, and asks without it.
func (j *Jobs) trouble(method string) error {
	answer := j.problems[method]
	if answer == nil {
		return nil
	}
	j.mu.Unlock()
	defer j.mu.Lock()
	return answer()
}

// Claims counts the questions for work.
func (j *Jobs) Claims() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.claims
}

// Settled counts the jobs that ended.
func (j *Jobs) Settled() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.Results) + len(j.Failures)
}

// Steal ends the lease of a job as if it were over.
func (j *Jobs) Steal(videoID int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.queue {
		if e.job.VideoID == videoID {
			e.job.Attempt++
			e.until = time.Now().Add(j.lease)
		}
	}
}

// Claim implements media.Jobs.
func (j *Jobs) Claim(context.Context) (*media.Job, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.claims++
	if err := j.trouble("Claim"); err != nil {
		return nil, err
	}
	for _, e := range j.queue {
		if time.Now().Before(e.until) {
			continue
		}
		e.job.Attempt++
		e.job.Lease = j.lease
		e.held, e.until = true, time.Now().Add(j.lease)
		job := e.job
		return &job, nil
	}
	return nil, nil
}

// held finds the job of an attempt. As the video service does, it goes by the
// attempt: a lease that is over is of no matter until somebody else has the job.
func (j *Jobs) held(ref media.Ref) (int, error) {
	for i, e := range j.queue {
		if e.job.Ref == ref && e.held {
			return i, nil
		}
	}
	return 0, media.ErrJobLost
}

// Renew implements media.Jobs.
func (j *Jobs) Renew(_ context.Context, ref media.Ref, progress int) (time.Duration, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.trouble("Renew"); err != nil {
		return 0, err
	}
	i, err := j.held(ref)
	if err != nil {
		return 0, err
	}
	j.queue[i].until = time.Now().Add(j.lease)
	j.Renewed = append(j.Renewed, progress)
	return j.lease, nil
}

// Reserve implements media.Jobs.
func (j *Jobs) Reserve(_ context.Context, ref media.Ref, outputs []media.Extent) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.trouble("Reserve"); err != nil {
		return err
	}
	i, err := j.held(ref)
	if err != nil {
		return err
	}
	for _, o := range outputs {
		if !strings.HasPrefix(o.Key, j.queue[i].job.Prefix) {
			return errs.New(errs.Invalid, videov1.ReasonOutputsInvalid, "")
		}
	}
	j.Reserved[ref] = slices.Clone(outputs)
	return nil
}

// Finish implements media.Jobs. The attempt whose result is there already may
// say it again.
func (j *Jobs) Finish(_ context.Context, ref media.Ref, r media.Result) error {
	return j.end(ref, "Finish", func() { j.Results[ref.VideoID] = r })
}

// Fail implements media.Jobs.
func (j *Jobs) Fail(_ context.Context, ref media.Ref, reason string) error {
	return j.end(ref, "Fail", func() { j.Failures[ref.VideoID] = reason })
}

func (j *Jobs) end(ref media.Ref, method string, settle func()) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.trouble(method); err != nil {
		return err
	}
	i, err := j.held(ref)
	if err != nil {
		return err
	}
	settle()
	j.queue = slices.Delete(j.queue, i, i+1)
	return j.trouble(method + "ed")
}

// Release implements media.Jobs.
func (j *Jobs) Release(_ context.Context, ref media.Ref, suspected string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.trouble("Release"); err != nil {
		return err
	}
	i, err := j.held(ref)
	if err != nil {
		return err
	}
	j.Released, j.Suspects = append(j.Released, ref), append(j.Suspects, suspected)
	if suspected != "" && len(j.Suspects) == j.Patience {
		j.Failures[ref.VideoID] = suspected
		j.queue = slices.Delete(j.queue, i, i+1)
		return nil
	}
	j.queue[i].held, j.queue[i].until = false, time.Now().Add(j.lease)
	return nil
}
