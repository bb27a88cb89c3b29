package supervise

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"
)

// goal is the requested state of a part.
type goal int

const (
	run goal = iota
	stop
	quit
)

// part is one process under supervision. Its fields are guarded by the
// supervisor's mutex, except spec and kick.
type part struct {
	spec   Spec
	kick   chan struct{} // one token: the goal may have changed
	goal   goal
	status Status
	proved bool // has been ready at least once
}

const (
	defaultGrace  = 10 * time.Second
	probeTimeout  = time.Second
	probePauseMin = 20 * time.Millisecond
	probePauseMax = 250 * time.Millisecond
)

// supervise starts and restarts a part until its goal is quit.
func (s *Supervisor) supervise(p *part) {
	defer s.parts.Done()
	pause := time.Duration(0)
	for ready := false; ; { // the parts that it needs were ready once
		switch s.goalOf(p) {
		case quit:
			s.set(p, Ended)
			return
		case stop:
			s.set(p, Stopped)
			<-p.kick
			continue
		}
		if !ready {
			if ready = s.needsReady(p); !ready {
				continue
			}
		}
		began := time.Now()
		exit := s.once(p)
		if s.goalOf(p) != run {
			pause = 0
			continue
		}
		pause = s.options.Backoff.Next(pause, time.Since(began))
		s.crashed(p, exit)
		select {
		case <-time.After(pause):
		case <-p.kick:
		}
	}
}

// needsReady waits for the parts that p needs. It returns false if the goal changed.
func (s *Supervisor) needsReady(p *part) bool {
	return s.await(p.kick, func() bool {
		return !slices.ContainsFunc(p.spec.Needs, func(need string) bool {
			other := s.byName[need]
			return other == nil || other.status.State != Running
		})
	})
}

// once starts the process, waits until it ends or the goal changes, and returns
// how it ended.
func (s *Supervisor) once(p *part) string {
	output, err := s.options.Output(p.spec.Name)
	if err != nil {
		return fmt.Sprintf("no log file: %v", err)
	}
	defer output.Close()

	cmd := exec.Command(p.spec.Path, p.spec.Args...) //nolint:gosec,noctx // a part runs a given program, until its goal changes
	cmd.Env, cmd.Dir = p.spec.Env, p.spec.Dir
	cmd.Stdout, cmd.Stderr = output, output
	process, err := s.spawner.start(cmd, p.spec.Orphan)
	if err != nil {
		reason := fmt.Sprintf("cannot start: %v", err)
		note(output, p.spec.Name, reason)
		return reason
	}
	s.started(p, process.pid)
	ctx, cancel := context.WithCancel(context.Background())
	var probing sync.WaitGroup
	probing.Go(func() { s.probe(ctx, p) })

	exit := s.watch(p, process)
	cancel()
	probing.Wait()
	// Its children end with it.
	if err := signalGroup(process.pid, syscall.SIGKILL); err != nil {
		note(output, p.spec.Name, fmt.Sprintf("children may be running: %v", err))
	}
	note(output, p.spec.Name, exit)
	return exit
}

// watch waits for the end of a process, which it stops when the goal changes.
func (s *Supervisor) watch(p *part, process process) string {
	for {
		select {
		case err := <-process.ended:
			return describe(err)
		case <-p.kick:
			if s.goalOf(p) == run {
				continue
			}
			if inTime, err := s.end(process, syscall.SIGTERM, cmp.Or(p.spec.Grace, defaultGrace)); inTime {
				return "stopped on request, " + describe(err)
			}
			return "killed: did not stop in time"
		}
	}
}

// end asks a process to stop, and kills it after the grace time or when the
// supervisor kills all parts.
func (s *Supervisor) end(p process, request syscall.Signal, grace time.Duration) (inTime bool, err error) {
	err = signalGroup(p.pid, request)
	select {
	case exit := <-p.ended:
		return true, errors.Join(exit, err)
	case <-time.After(grace):
	case <-s.killing:
	}
	err = errors.Join(err, signalGroup(p.pid, syscall.SIGKILL))
	return false, errors.Join(<-p.ended, err)
}

// probe repeats the readiness check until it succeeds.
func (s *Supervisor) probe(ctx context.Context, p *part) {
	for pause := probePauseMin; ; pause = min(2*pause, probePauseMax) {
		attempt, cancel := context.WithTimeout(ctx, probeTimeout)
		ready := p.spec.Ready == nil || p.spec.Ready(attempt) == nil
		cancel()
		if ctx.Err() != nil {
			return
		}
		if ready {
			s.ready(p)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

func describe(err error) string {
	if err == nil {
		return "ended: exit status 0"
	}
	return "ended: " + err.Error()
}

// note writes a line of the supervisor into the part's own log.
func note(output io.Writer, name, text string) {
	// A log that cannot be written is no reason to stop the process.
	_, _ = fmt.Fprintf(output, "-- %s %s: %s\n", time.Now().UTC().Format(time.RFC3339), name, text)
}
