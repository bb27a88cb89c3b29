package media

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Options say how the workers work.
type Options struct {
	Workers int
	Poll    time.Duration // between questions for work, where nothing tells of it
	Folder  string        // of temporary files; the workers own it
	Limits  Limits
}

// callTimeout bounds one call about a job that has to get through.
const callTimeout = 5 * time.Second

// Workers take jobs and do them.
type Workers struct {
	ports   Ports
	options Options
	wake    chan struct{}
}

// New makes workers that do nothing until Run.
func New(ports Ports, options Options) *Workers {
	return &Workers{ports: ports, options: options, wake: make(chan struct{}, options.Workers)}
}

// Wake tells that there may be a job. It never waits.
func (w *Workers) Wake() {
	select {
	case w.wake <- struct{}{}:
	default: // as many as there are workers are on their way
	}
}

// Run works until ctx ends, and then gives back what it has. Its folder is
// emptied before: what is in it belongs to a process that is gone.
func (w *Workers) Run(ctx context.Context) error {
	if err := empty(w.options.Folder); err != nil {
		return fmt.Errorf("folder of temporary files: %w", err)
	}
	var loops sync.WaitGroup
	for range w.options.Workers {
		loops.Go(func() { w.loop(ctx) })
	}
	loops.Wait()
	return nil
}

func empty(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	// In a folder that all may write to, somebody else may have been there first.
	info, err := os.Lstat(folder)
	if err != nil {
		return err
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); !info.IsDir() || ok && int(owner.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to another user", folder)
	}
	left, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range left {
		if err := os.RemoveAll(filepath.Join(folder, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

// loop does one job after the other, and waits when there is none or when
// there is trouble that the next one would have too.
func (w *Workers) loop(ctx context.Context) {
	quiet := false // a failed claim was logged already
	for ctx.Err() == nil {
		job, err := w.ports.Jobs.Claim(ctx)
		switch {
		case err == nil && job != nil:
			quiet = false
			if w.do(ctx, *job) {
				continue
			}
		case err == nil:
			quiet = false
		case ctx.Err() == nil && !quiet:
			quiet = true
			w.ports.Log.WarnContext(ctx, "claim failed", "error", err)
		}
		w.rest(ctx)
	}
}

// rest waits for the next question, somewhat differently each time, so that
// workers do not ask together.
func (w *Workers) rest(ctx context.Context) {
	pause := w.options.Poll/2 + rand.N(w.options.Poll) //nolint:gosec // nothing secret
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-w.wake:
	}
}

// do does one job and reports its end. It is false when another job would most
// likely meet the same trouble.
func (w *Workers) do(ctx context.Context, job Job) (settled bool) {
	begin := time.Now()
	log := w.ports.Log.With("video", job.VideoID, "attempt", job.Attempt)
	held := startLease(ctx, w.ports.Jobs, job)
	err := w.process(held.ctx, job, held)
	over := held.release()
	took := time.Since(begin).Round(time.Millisecond)
	switch reason := certain(err); {
	case err == nil:
		log.InfoContext(ctx, "video is ready", "took", took)
		return true
	case errors.Is(err, ErrJobLost) || errors.Is(over, ErrJobLost):
		log.WarnContext(ctx, "job lost", "took", took, "error", err)
		return true
	case reason != "" && ctx.Err() == nil && over == nil:
		log.InfoContext(ctx, "video has failed", "reason", reason, "took", took, "error", err)
		w.report(ctx, log, "fail", func(ctx context.Context) error { return w.ports.Jobs.Fail(ctx, job.Ref, reason) })
		return true
	default: // also after the lease, where nobody else has it: the worker did not die
		suspected := ""
		if ctx.Err() == nil && over == nil {
			suspected = suspectedReason(err)
		}
		log.WarnContext(ctx, "job released", "took", took, "stopping", ctx.Err() != nil, "suspected", suspected, "error", err)
		w.report(ctx, log, "release", func(ctx context.Context) error { return w.ports.Jobs.Release(ctx, job.Ref, suspected) })
		return false
	}
}
