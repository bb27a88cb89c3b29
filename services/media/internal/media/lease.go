package media

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"
)

// errLeaseOver cancels work whose lease may have ended.
var errLeaseOver = errors.New("the lease was not renewed in time")

// renewals is the number of renewals within one lease.
const renewals = 3

// lease renews the lease of one job. Its context ends with the lease.
type lease struct {
	ctx      context.Context
	cancel   context.CancelCauseFunc
	progress atomic.Int64 // percent
	over     error        // why the lease ended; read it after ended is closed
	ended    chan struct{}
}

// startLease renews the lease of a job until release, or until it is lost. It counts
// a lease from before its request was sent, so it ends here before it ends at the
// video service.
func startLease(ctx context.Context, jobs Jobs, job Job) *lease {
	h := &lease{ended: make(chan struct{})}
	h.ctx, h.cancel = context.WithCancelCause(ctx)
	go h.keep(jobs, job, time.Now().Add(job.Lease))
	return h
}

// release ends the renewals and returns why the lease ended, if it did.
func (h *lease) release() error {
	h.cancel(nil)
	<-h.ended
	return h.over
}

// setProgress records the progress in percent. It never decreases.
func (h *lease) setProgress(percent int) {
	for {
		now := h.progress.Load()
		if int64(percent) <= now || h.progress.CompareAndSwap(now, int64(percent)) {
			return
		}
	}
}

func (h *lease) keep(jobs Jobs, job Job, until time.Time) {
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
		default: // there is time for a few more attempts
			pause = job.Lease / (4 * renewals)
		}
	}
}

func (h *lease) renew(jobs Jobs, job Job, until time.Time) (time.Duration, error) {
	ctx, cancel := context.WithDeadline(h.ctx, until)
	defer cancel()
	return jobs.Renew(ctx, job.Ref, int(h.progress.Load()))
}

func (h *lease) lose(cause error) {
	h.over = cause
	h.cancel(cause)
}

// report sends the end of a job to the video service, even while the workers
// stop. If that fails, the lease expires.
func (w *Workers) report(ctx context.Context, log *slog.Logger, what string, call func(ctx context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	if err := retryUntilKnown(ctx, call); err != nil {
		log.WarnContext(ctx, "end of a job not reported", "what", what, "error", err)
	}
}

// retryUntilKnown retries a call until its outcome is known or ctx ends. It is the
// only place besides daprx where calls are retried: if the end of a job is not
// reported, the whole job is repeated.
func retryUntilKnown(ctx context.Context, call func(ctx context.Context) error) error {
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
