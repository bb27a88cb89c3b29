package supervise

import (
	"context"
	"fmt"
	"io"
	"os/exec"
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
	for {
		s.mu.Lock()
		missing := ""
		for _, need := range p.spec.Needs {
			if other := s.byName[need]; other == nil || other.status.State != Running {
				missing = need
			}
		}
		changed := s.changed
		s.mu.Unlock()
		if missing == "" {
			return true
		}
		select {
		case <-changed:
		case <-p.kick:
			return false
		}
	}
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
	if err := s.spawner.start(cmd, p.spec.Orphan); err != nil {
		reason := fmt.Sprintf("cannot start: %v", err)
		note(output, p.spec.Name, reason)
		return reason
	}
	s.started(p, cmd.Process.Pid)

	ended := make(chan string, 1)
	go func() { ended <- describe(cmd.Wait()) }()
	ctx, cancel := context.WithCancel(context.Background())
	var probing sync.WaitGroup
	probing.Go(func() { s.probe(ctx, p) })

	exit := s.watch(p, cmd.Process.Pid, ended)
	cancel()
	probing.Wait()
	// Its children end with it.
	if err := signalGroup(cmd.Process.Pid, syscall.SIGKILL); err != nil {
		note(output, p.spec.Name, fmt.Sprintf("children may be running: %v", err))
	}
	note(output, p.spec.Name, exit)
	return exit
}

func (s *Supervisor) watch(p *part, pid int, ended <-chan string) string {
	for {
		select {
		case exit := <-ended:
			return exit
		case <-p.kick:
			if s.goalOf(p) != run {
				return s.end(p, pid, ended)
			}
		}
	}
}

// end asks the process to stop, and kills it after the grace time or when the
// supervisor kills all parts.
func (s *Supervisor) end(p *part, pid int, ended <-chan string) string {
	grace := p.spec.Grace
	if grace == 0 {
		grace = defaultGrace
	}
	if err := signalGroup(pid, syscall.SIGTERM); err != nil {
		return fmt.Sprintf("signal failed: %v", err)
	}
	select {
	case exit := <-ended:
		return "stopped on request, " + exit
	case <-time.After(grace):
	case <-s.killing:
	}
	if err := signalGroup(pid, syscall.SIGKILL); err != nil {
		return fmt.Sprintf("kill failed: %v", err)
	}
	<-ended
	return "killed: did not stop in time"
}

// probe repeats the readiness check until it succeeds.
func (s *Supervisor) probe(ctx context.Context, p *part) {
	for pause := probePauseMin; ; pause = min(2*pause, probePauseMax) {
		if p.spec.Ready == nil {
			s.ready(p)
			return
		}
		attempt, cancel := context.WithTimeout(ctx, probeTimeout)
		err := p.spec.Ready(attempt)
		cancel()
		if ctx.Err() != nil {
			return
		}
		if err == nil {
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
