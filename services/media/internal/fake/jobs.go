// Package fake implements the ports in memory, for tests.
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

// Jobs is a queue with the rules of the video service: one worker holds a job until
// its lease ends, and a job has one result.
type Jobs struct {
	mu       sync.Mutex
	lease    time.Duration
	queue    []*entry
	claims   int
	problems map[string]func() error

	Patience int // number of suspected releases that fail the video; 0: no limit

	Results  map[int64]media.Result // by video
	Failures map[int64]string
	Released []media.Ref
	Suspects []string // the suspected reason of each release
	Renewed  []int    // the progress of each
	Reserved map[media.Ref][]media.Extent
}

type entry struct {
	job   media.Job
	held  bool      // by a worker
	until time.Time // end of the lease, or of the pause after a release
}

var _ media.Jobs = (*Jobs)(nil)

// NewJobs returns an empty queue.
func NewJobs(lease time.Duration) *Jobs {
	return &Jobs{
		lease: lease, problems: map[string]func() error{}, Results: map[int64]media.Result{},
		Failures: map[int64]string{}, Reserved: map[media.Ref][]media.Extent{},
	}
}

// Add adds a job to the queue.
func (j *Jobs) Add(job media.Job) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.queue = append(j.queue, &entry{job: job})
}

// Inject makes the method of that name return the error of fail before it has an
// effect. With the name and "ed", such as "Finished", it returns the error after
// its effect. A nil fail removes the injection.
func (j *Jobs) Inject(method string, fail func() error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.problems[method] = fail
}

// injected is the injected error of a method. It is called with the lock held and
// releases it for the call.
func (j *Jobs) injected(method string) error {
	fail := j.problems[method]
	if fail == nil {
		return nil
	}
	j.mu.Unlock()
	defer j.mu.Lock()
	return fail()
}

// Claims is the number of calls of Claim.
func (j *Jobs) Claims() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.claims
}

// Settled is the number of jobs that ended.
func (j *Jobs) Settled() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.Results) + len(j.Failures)
}

// Steal makes another worker claim a job.
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
	if err := j.injected("Claim"); err != nil {
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

// held finds the job of an attempt. Like the video service it compares the attempt
// only: an expired lease does not matter until another worker claims the job.
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
	if err := j.injected("Renew"); err != nil {
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
	if err := j.injected("Reserve"); err != nil {
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

// Finish implements media.Jobs.
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
	if err := j.injected(method); err != nil {
		return err
	}
	i, err := j.held(ref)
	if err != nil {
		return err
	}
	settle()
	j.queue = slices.Delete(j.queue, i, i+1)
	return j.injected(method + "ed")
}

// Release implements media.Jobs.
func (j *Jobs) Release(_ context.Context, ref media.Ref, suspected string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.injected("Release"); err != nil {
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
