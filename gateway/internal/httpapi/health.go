package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// alive says that the process answers; it asks nobody, because restarting this
// process would not mend another.
func alive(w http.ResponseWriter, _ *http.Request) {
	writeProbe(w, http.StatusOK, []byte(`{"status":"ok"}`))
}

const (
	readyTimeout = time.Second
	// readyAge spares the services from probes that come faster.
	readyAge = time.Second
)

// Check is one thing without which the gateway cannot serve.
type Check struct {
	Name string
	Ask  func(context.Context) error
}

// Readiness answers whether requests should be sent here.
type Readiness struct {
	checks []Check

	mu      sync.Mutex
	asked   time.Time
	results map[string]string
	status  int
}

// NewReadiness makes the handler of /readyz.
func NewReadiness(checks ...Check) *Readiness { return &Readiness{checks: checks} }

// ServeHTTP answers 200 when all checks pass, else 503, with the state of each.
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

// ask runs all checks at once. What an error says stays inside.
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
