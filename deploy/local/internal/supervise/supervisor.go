package supervise

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Supervisor runs the processes of one stack.
type Supervisor struct {
	options Options
	spawner *spawner
	parts   sync.WaitGroup
	killing chan struct{} // closed: stop without a grace time
	kill    sync.Once

	mu      sync.Mutex
	byName  map[string]*part
	order   []*part
	changed chan struct{} // closed, and replaced, at every change
}

// New returns a supervisor without parts. The caller has to call Stop.
func New(o Options) *Supervisor {
	if o.Changed == nil {
		o.Changed = func(Status) {}
	}
	return &Supervisor{
		options: o,
		spawner: newSpawner(),
		killing: make(chan struct{}),
		byName:  map[string]*part{},
		changed: make(chan struct{}),
	}
}

// Start adds parts; each starts as soon as the parts that it needs are ready.
func (s *Supervisor) Start(specs ...Spec) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, spec := range specs {
		p := &part{spec: spec, kick: make(chan struct{}, 1)}
		p.status = Status{Name: spec.Name, State: Waiting, Port: spec.Port, Since: time.Now()}
		s.byName[spec.Name] = p
		s.order = append(s.order, p)
		s.parts.Add(1)
		go s.supervise(p)
	}
}

// StopPart stops a part and keeps it down; it returns when the process has ended.
func (s *Supervisor) StopPart(ctx context.Context, name string) error {
	p, err := s.setGoal(name, stop)
	if err != nil {
		return err
	}
	if !s.await(ctx.Done(), func() bool { return p.status.State == Stopped }) {
		return fmt.Errorf("%s does not stop: %w", name, ctx.Err())
	}
	return nil
}

// StartPart starts a stopped part again; it returns when the part is ready.
func (s *Supervisor) StartPart(ctx context.Context, name string) error {
	p, err := s.setGoal(name, run)
	if err != nil {
		return err
	}
	if !s.await(ctx.Done(), func() bool { return p.status.State == Running }) {
		return fmt.Errorf("%s does not become ready: %w", name, ctx.Err())
	}
	return nil
}

// ErrUnknown means that no part has the name.
var ErrUnknown = errors.New("no such part")

func (s *Supervisor) setGoal(name string, g goal) (*part, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.byName[name]
	if p == nil {
		return nil, fmt.Errorf("%w: %q", ErrUnknown, name)
	}
	if p.goal == quit {
		return nil, errors.New("the stack is stopping")
	}
	s.steer(p, g)
	return p, nil
}

// steer changes the goal of a part. The caller holds the mutex.
func (s *Supervisor) steer(p *part, g goal) {
	p.goal = g
	select {
	case p.kick <- struct{}{}:
	default:
	}
}

// giveUpAfter is how many crashes before the first readiness of a part make
// WaitReady fail.
const giveUpAfter = 3

// StartError names the part that did not start.
type StartError struct {
	Part  string
	Cause string
}

func (e *StartError) Error() string { return e.Part + " does not start: " + e.Cause }

// WaitReady returns when the named parts, or all if there are no names, have been
// ready once. It fails early if a part only crashes.
func (s *Supervisor) WaitReady(ctx context.Context, names ...string) error {
	var failure *StartError
	inTime := s.await(ctx.Done(), func() bool {
		all := true
		for _, p := range s.order {
			if len(names) > 0 && !slices.Contains(names, p.status.Name) || p.proved {
				continue
			}
			all = false
			if p.status.Restarts >= giveUpAfter {
				failure = &StartError{Part: p.status.Name, Cause: p.status.LastExit}
				return true
			}
		}
		return all
	})
	switch {
	case failure != nil:
		return failure
	case !inTime:
		return ctx.Err()
	}
	return nil
}

// Running reports whether the part runs and was ready since it started.
func (s *Supervisor) Running(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.byName[name]
	return p != nil && p.status.State == Running
}

// Status lists the parts in the order of their start.
func (s *Supervisor) Status() []Status {
	s.mu.Lock()
	list := make([]Status, 0, len(s.order))
	for _, p := range s.order {
		list = append(list, p.status)
	}
	s.mu.Unlock()
	for i := range list {
		list[i].RSSBytes = residentBytes(list[i].PID)
	}
	return list
}

// Check asks every part that has a process whether it is ready now, and returns
// the errors by part.
func (s *Supervisor) Check(ctx context.Context) map[string]error {
	s.mu.Lock()
	var specs []Spec
	for _, p := range s.order {
		if p.status.PID != 0 && p.spec.Ready != nil {
			specs = append(specs, p.spec)
		}
	}
	s.mu.Unlock()
	failures := make([]error, len(specs))
	var asking sync.WaitGroup
	for i, spec := range specs {
		asking.Go(func() { failures[i] = spec.Ready(ctx) })
	}
	asking.Wait()
	byName := map[string]error{}
	for i, spec := range specs {
		if failures[i] != nil {
			byName[spec.Name] = failures[i]
		}
	}
	return byName
}

// Stop stops all parts, the highest layer first, and returns when no process is
// left. It kills the remaining ones when ctx ends.
func (s *Supervisor) Stop(ctx context.Context) {
	release := context.AfterFunc(ctx, s.Kill)
	defer release()
	s.mu.Lock()
	layers := map[int][]*part{}
	for _, p := range s.order {
		layers[p.spec.Layer] = append(layers[p.spec.Layer], p)
	}
	s.mu.Unlock()
	for _, layer := range slices.Backward(slices.Sorted(maps.Keys(layers))) {
		s.mu.Lock()
		for _, p := range layers[layer] {
			s.steer(p, quit)
		}
		s.mu.Unlock()
		// Only the end of the processes ends the wait; s.killing bounds it.
		s.await(nil, func() bool {
			return !slices.ContainsFunc(layers[layer], func(p *part) bool { return p.status.State != Ended })
		})
	}
	s.parts.Wait()
	s.spawner.close()
}

// Kill makes every stop from now on immediate.
func (s *Supervisor) Kill() { s.kill.Do(func() { close(s.killing) }) }

// Command runs a command in the foreground, with the same guarantee that it does
// not outlive this process. When ctx ends it is interrupted, and killed after the
// grace time.
func (s *Supervisor) Command(ctx context.Context, cmd *exec.Cmd) error {
	process, err := s.spawner.start(cmd, syscall.SIGKILL)
	if err != nil {
		return err
	}
	select {
	case err = <-process.ended:
	case <-ctx.Done():
		_, err = s.end(process, syscall.SIGINT, defaultGrace)
	}
	return errors.Join(err, signalGroup(process.pid, syscall.SIGKILL))
}
