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

// logLimit is the size at which a log file is moved aside, in bytes.
const logLimit = 8 << 20

// Show switches the parts' lines on the console on. The databases stay in
// their files.
func (s *Stack) Show() { s.showing.Store(true) }

// output keeps what a part prints in its file and, when asked to, shows it.
func (s *Stack) output(part string) (io.WriteCloser, error) {
	file, err := logs.Open(s.options.Dir.Logs(), part, logLimit)
	if err != nil {
		return nil, err
	}
	if part == "mysql" || part == "redis" || part == "s3" {
		return file, nil
	}
	lines := console.NewLines(func(line string) {
		if s.showing.Load() {
			s.options.Console.Line(part, line)
		}
	})
	return &tee{file: file, lines: lines}, nil
}

type tee struct {
	file  *logs.File
	lines *console.Lines
}

func (t *tee) Write(p []byte) (int, error) {
	n, err := t.file.Write(p)
	if _, shown := t.lines.Write(p); shown != nil {
		return n, shown
	}
	return n, err
}

func (t *tee) Close() error {
	t.lines.Flush()
	return t.file.Close()
}

// changed runs under the supervisor's lock: it tells what people want to know
// and leaves the rest to the recorder.
func (s *Stack) changed(status supervise.Status) {
	s.tell(status)
	select {
	case s.record <- struct{}{}:
	default:
	}
}

func (s *Stack) tell(status supervise.Status) {
	s.mu.Lock()
	before, state := s.told[status.Name], s.state
	s.told[status.Name] = status.State
	s.mu.Unlock()
	since := time.Since(s.began).Round(100 * time.Millisecond)
	show := s.options.Console
	switch {
	case state == control.Stopping:
	case status.State == supervise.Crashed:
		show.Printf("%s %s; starting it again", status.Name, status.LastExit)
	case status.State == supervise.Stopped:
		show.Printf("%s is held down until `start %s`", status.Name, status.Name)
	case status.State == supervise.Running && before == supervise.Starting && state == control.Starting:
		show.Printf("%s is ready (%s)", status.Name, since)
	case status.State == supervise.Running && before == supervise.Starting:
		show.Printf("%s is back", status.Name)
	}
}

// keepRecord writes stack.json after every change, and empties its list of
// processes in the end.
func (s *Stack) keepRecord() {
	for range s.record {
		s.tryRecord()
	}
	s.tryRecord()
}

func (s *Stack) tryRecord() {
	if err := s.writeRecord(); err != nil {
		s.options.Console.Printf("cannot record what runs: %v", err)
	}
}

// settle binds the data folder to the environment. From now on rows may name
// objects that only this one has; a start that came to nothing left none.
func (s *Stack) settle() error {
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
	r := datadir.Record{
		Environment: environment,
		Offset:      s.options.Plan.Offset,
		Gateway:     s.options.Plan.Gateway,
		BaseURL:     s.options.BaseURL,
		LocalURL:    s.LocalURL(),
	}
	for _, status := range s.supervisor.Status() {
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
	parts := s.supervisor.Status()
	s.mu.Lock()
	defer s.mu.Unlock()
	status := control.Status{
		PID:      os.Getpid(),
		State:    s.state,
		Root:     s.options.Root,
		Data:     s.options.Dir.Root(),
		BaseURL:  s.options.BaseURL,
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
		for _, status := range s.supervisor.Status() {
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
	path := logs.Path(s.options.Dir.Logs(), part)
	lines, _, readErr := logs.Tail(path, last)
	if readErr != nil || len(lines) == 0 {
		return err
	}
	return fmt.Errorf("%w\nThe last lines of %s:\n  %s", err, path, strings.Join(lines, "\n  "))
}
