package httpserver

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// Alive answers that the process runs. It asks no other program, because a restart
// of this process would not repair another.
func Alive(w http.ResponseWriter, _ *http.Request) {
	writeProbe(w, http.StatusOK, []byte(`{"status":"ok"}`))
}

const (
	readyTimeout = time.Second
	// readyAge is how long a result is reused, to spare the services from faster
	// probes.
	readyAge = time.Second
)

// Check asks a program that the gateway cannot do without.
type Check struct {
	Name string
	Ask  func(context.Context) error
}

// Readiness answers whether this gateway can take requests.
type Readiness struct {
	checks []Check

	mu      sync.Mutex
	asked   time.Time
	results map[string]string
	status  int
}

// NewReadiness makes the handler of /readyz.
func NewReadiness(checks ...Check) *Readiness { return &Readiness{checks: checks} }

// ServeHTTP answers 200 if all checks pass, otherwise 503, with the state of each.
func (r *Readiness) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.asked) >= readyAge {
		r.ask(req.Context())
	}
	body, err := json.Marshal(r.results)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	writeProbe(w, r.status, body)
}

// ask runs all checks at once. It does not publish the texts of errors.
func (r *Readiness) ask(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
	defer cancel()
	states := make([]string, len(r.checks))
	var all sync.WaitGroup
	for i, check := range r.checks {
		all.Go(func() {
			states[i] = "ok"
			if err := check.Ask(ctx); err != nil {
				states[i] = "unreachable"
			}
		})
	}
	all.Wait()
	r.results, r.status, r.asked = map[string]string{"status": "ok"}, http.StatusOK, time.Now()
	for i, check := range r.checks {
		r.results[check.Name] = states[i]
		if states[i] != "ok" {
			r.results["status"], r.status = "unready", http.StatusServiceUnavailable
		}
	}
}

func writeProbe(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
