package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/logs"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

// logLimit is the size at which a log file is rotated, in bytes. A part keeps
// one old file, so its logs take at most twice as much.
const logLimit = 8 << 20

// flushInterval is how often the console counts repeated messages.
const flushInterval = time.Minute

// Watch shows changes of state on the console until ctx ends, and unless quiet
// also warnings and errors of sidecars and programs. The databases write to their
// log files only.
func (s *Stack) Watch(ctx context.Context, quiet bool) {
	s.showing.Store(!quiet)
	defer s.showing.Store(false)
	tick := time.NewTicker(flushInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.digest.Flush()
		}
	}
}

// output opens the log file of a part. Its warnings and errors go to the console
// too, while that is watched.
func (s *Stack) output(part string) (io.WriteCloser, error) {
	file, err := logs.Open(s.options.Dir.Logs, part, logLimit)
	if err != nil {
		return nil, err
	}
	if part == "mysql" || part == "redis" || part == "s3" {
		return file, nil
	}
	lines := console.NewLines(func(line string) {
		if s.showing.Load() {
			s.digest.Line(part, line)
		}
	})
	return &tee{file: file, lines: lines}, nil
}

type tee struct {
	file  *logs.File
	lines *console.Lines
}

func (t *tee) Write(p []byte) (int, error) {
	// Lines never fail.
	_, _ = t.lines.Write(p)
	return t.file.Write(p)
}

func (t *tee) Close() error {
	t.lines.Flush()
	return t.file.Close()
}

// changed runs under the supervisor's lock: it shows the change and leaves the
// rest to the recorder.
func (s *Stack) changed(status supervise.Status) {
	s.showChange(status)
	select {
	case s.record <- struct{}{}:
	default:
	}
}

// showChange shows that a part is up or down. Once the stack is ready this goes
// through the digest, so that a part that crashes for ever does not fill the
// console.
func (s *Stack) showChange(status supervise.Status) {
	s.mu.Lock()
	before, state := s.shown[status.Name], s.state
	s.shown[status.Name] = status.State
	s.mu.Unlock()
	text := ""
	switch status.State {
	case supervise.Crashed:
		text = status.LastExit + "; restarting (see bin/douyin logs " + status.Name + ")"
	case supervise.Stopped:
		text = "stopped until bin/douyin start " + status.Name
	case supervise.Running:
		if before == supervise.Starting {
			text = "ready"
		}
	}
	switch {
	case text == "" || state == control.Stopping:
	case state == control.Starting:
		s.options.Console.Line(status.Name, fmt.Sprintf("%s (%s)", text, time.Since(s.began).Round(100*time.Millisecond)))
	default:
		s.digest.Add(logs.Entry{Part: status.Name, Message: text})
	}
}

// keepRecord writes stack.json after every change, and empties its list of
// processes at the end.
func (s *Stack) keepRecord() {
	for range s.record {
		s.tryRecord()
	}
	s.tryRecord()
}

func (s *Stack) tryRecord() {
	if err := s.writeRecord(); err != nil {
		s.options.Console.Printf("cannot write the record of processes: %v", err)
	}
}

// bindEnvironment binds the data folder to the environment: from now on rows may
// name objects that only this environment has. A failed start binds nothing.
func (s *Stack) bindEnvironment() error {
	s.mu.Lock()
	s.recorded = s.options.Environment
	s.mu.Unlock()
	return s.writeRecord()
}

func (s *Stack) writeRecord() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	environment := s.recorded
	s.mu.Unlock()
	r := datadir.Record{Environment: environment}
	for _, status := range s.Supervisor.Status() {
		if status.PID == 0 {
			continue
		}
		if started, err := datadir.StartTime(status.PID); err == nil {
			r.Processes = append(r.Processes, datadir.Process{Part: status.Name, PID: status.PID, Started: started})
		}
	}
	return s.options.Dir.WriteRecord(r)
}

// Status describes the stack.
func (s *Stack) Status() control.Status {
	parts := s.Supervisor.Status()
	s.mu.Lock()
	defer s.mu.Unlock()
	status := control.Status{
		PID:      os.Getpid(),
		State:    s.state,
		Root:     s.options.Root,
		Data:     s.options.Dir.Root,
		BaseURL:  s.options.BaseURL,
		LocalURL: s.options.Plan.LocalURL(),
		Gateway:  s.options.Plan.Gateway,
		Gateways: s.options.Plan.GatewayURLs(),
		Replicas: s.options.Plan.Replicas,
		Env:      s.options.Environment,
		Offset:   s.options.Plan.Offset,
		Suffix:   s.credentials.Suffix,
		Resolver: s.resolver,
		Started:  s.began,
		Parts:    parts,
	}
	if s.hasS3.Load() {
		status.S3 = s.s3.Addr()
	}
	for _, part := range parts {
		if s.state == control.Ready && part.State != supervise.Running {
			status.State = control.Degraded
		}
	}
	return status
}

func (s *Stack) setState(state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = state
}

// explain adds the last lines of the log of the part that did not start.
func (s *Stack) explain(err error) error {
	var part string
	var failed *supervise.StartError
	switch {
	case errors.As(err, &failed):
		part = failed.Part
	case errors.Is(err, context.DeadlineExceeded):
		var missing []string
		for _, status := range s.Supervisor.Status() {
			if status.State != supervise.Running {
				missing = append(missing, fmt.Sprintf("%s (%s)", status.Name, status.State))
				part = status.Name
			}
		}
		err = fmt.Errorf("not ready after %s: %s", readyTimeout, strings.Join(missing, ", "))
	}
	if part == "" {
		return err
	}
	const last = 12
	lines, readErr := logs.Last(s.options.Dir.Logs, part, last)
	if readErr != nil || len(lines) == 0 {
		return err
	}
	return fmt.Errorf("%w\nThe last lines of %s:\n  %s", err, logs.Path(s.options.Dir.Logs, part), strings.Join(lines, "\n  "))
}
