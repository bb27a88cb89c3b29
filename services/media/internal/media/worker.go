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

// Options configures workers.
type Options struct {
	Workers int
	Poll    time.Duration // between claims while no event wakes a worker
	Folder  string        // of temporary files; the workers own it
	Limits  Limits
}

// callTimeout bounds the report of the end of a job, with its retries.
const callTimeout = 5 * time.Second

// Workers claim and process jobs.
type Workers struct {
	ports   Ports
	options Options
	wake    chan struct{}
}

// New returns workers. They work while Run runs.
func New(ports Ports, options Options) *Workers {
	return &Workers{ports: ports, options: options, wake: make(chan struct{}, options.Workers)}
}

// Wake makes one idle worker claim. It never blocks.
func (w *Workers) Wake() {
	select {
	case w.wake <- struct{}{}:
	default: // a wake-up for every worker is pending
	}
}

// Run processes jobs until ctx ends, and then releases those that are running. It
// empties its folder first: files in it belong to a process that ended.
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
	// In a folder that everybody may write to, another user may have created it.
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

// loop processes one job after the other. It pauses if none is due, and after a
// failure that the next job would most likely have too.
func (w *Workers) loop(ctx context.Context) {
	quiet := false // whether the last claim failed and was logged
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

// rest waits before the next claim. The pause is random, so that workers do not
// claim in step.
func (w *Workers) rest(ctx context.Context) {
	pause := w.options.Poll/2 + rand.N(w.options.Poll) //nolint:gosec // not a secret
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-w.wake:
	}
}

// do processes one job and reports its end. It returns false if the next job would
// most likely fail for the same reason.
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
	default: // also after the end of the lease: until another worker claims the job, a release is accepted
		suspected := ""
		if ctx.Err() == nil && over == nil {
			suspected = suspectedReason(err)
		}
		log.WarnContext(ctx, "job released", "took", took, "stopping", ctx.Err() != nil, "suspected", suspected, "error", err)
		w.report(ctx, log, "release", func(ctx context.Context) error { return w.ports.Jobs.Release(ctx, job.Ref, suspected) })
		return false
	}
}
