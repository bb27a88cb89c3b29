package media

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"
)

// errLeaseOver is why work ends whose lease may not hold any more.
var errLeaseOver = errors.New("the lease could not be renewed in time")

// renewals is how many times in a lease it is renewed.
const renewals = 3

// holding keeps the lease of one job. Its context ends with the lease.
type holding struct {
	ctx      context.Context
	cancel   context.CancelCauseFunc
	progress atomic.Int64 // percent
	over     error        // why the lease is over; to be read when ended is closed
	ended    chan struct{}
}

// hold renews the lease of a job until drop, or until it is lost. The lease is
// counted from before it was asked for, which is earlier than the other side
// counts; of the job's own that moment is now.
func hold(ctx context.Context, jobs Jobs, job Job) *holding {
	h := &holding{ended: make(chan struct{})}
	h.ctx, h.cancel = context.WithCancelCause(ctx)
	go h.keep(jobs, job, time.Now().Add(job.Lease))
	return h
}

// drop ends the renewals and says why the lease is over, if it is.
func (h *holding) drop() error {
	h.cancel(nil)
	<-h.ended
	return h.over
}

// reached notes how far the work has come. It never goes back.
func (h *holding) reached(percent int) {
	for {
		now := h.progress.Load()
		if int64(percent) <= now || h.progress.CompareAndSwap(now, int64(percent)) {
			return
		}
	}
}

func (h *holding) keep(jobs Jobs, job Job, until time.Time) {
	defer close(h.ended)
	pause := job.Lease / renewals
	for {
		timer := time.NewTimer(min(pause, time.Until(until)))
		select {
		case <-h.ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		if !time.Now().Before(until) {
			h.lose(errLeaseOver)
			return
		}
		asked := time.Now()
		lease, err := h.renew(jobs, job, until)
		switch {
		case err == nil:
			until, pause = asked.Add(lease), lease/renewals
		case errors.Is(err, ErrJobLost):
			h.lose(err)
			return
		default: // again soon: there is time for a few more
			pause = job.Lease / (4 * renewals)
		}
	}
}

func (h *holding) renew(jobs Jobs, job Job, until time.Time) (time.Duration, error) {
	ctx, cancel := context.WithDeadline(h.ctx, until)
	defer cancel()
	return jobs.Renew(ctx, job.Ref, int(h.progress.Load()))
}

func (h *holding) lose(cause error) {
	h.over = cause
	h.cancel(cause)
}

// report tells how a job ended, also when the workers are being stopped. What
// cannot be told is told by the end of the lease.
func (w *Workers) report(ctx context.Context, log *slog.Logger, what string, tell func(ctx context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	if err := persist(ctx, tell); err != nil {
		log.WarnContext(ctx, "end of a job could not be told", "what", what, "error", err)
	}
}

// persist repeats a call whose outcome is unknown until it is known or ctx ends.
func persist(ctx context.Context, call func(ctx context.Context) error) error {
	pause := 100 * time.Millisecond
	for {
		err := call(ctx)
		if err == nil || final(err) {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(err, context.Cause(ctx))
		case <-timer.C:
		}
		pause = min(2*pause, 2*time.Second)
	}
}
