//go:build e2e

// Package e2etest is the harness of the end-to-end scenarios: phones, users,
// videos, and access to the stack under test.
package e2etest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"
)

// readyTimeout is how long a freshly started stack may take.
const readyTimeout = 60 * time.Second

// Main runs a package of scenarios. It waits for the stack first. Afterwards, when
// no scenario runs any more, the auditor compares the data with what the system
// promises, and the logs are searched for secrets.
func Main(m *testing.M) {
	base := BaseURL()
	if base == "" {
		fmt.Fprintln(os.Stderr, "BASE_URL is not set. Start a stack and name its gateway, e.g.\n"+
			"  BASE_URL=http://127.0.0.1:8080 go test -tags e2e ./gateway/e2e\n"+
			"or let the starter do both:\n  bin/douyin with -- go test -tags e2e -p 1 ./gateway/e2e/...")
		os.Exit(2)
	}
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	err := Poll(ctx, func(ctx context.Context) error { return Ready(ctx, base) })
	cancel()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s was not ready within %s: %v\n", base, readyTimeout, err)
		os.Exit(2)
	}
	code := m.Run()
	if list := flag.Lookup("test.list"); list != nil && list.Value.String() != "" {
		os.Exit(code)
	}
	if !finalChecks() {
		code = max(code, 1)
	}
	os.Exit(code)
}

// Ready returns nil if a gateway can serve.
func Ready(ctx context.Context, base string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("/readyz: %s", res.Status)
	}
	return nil
}

// finalTimeout bounds each of the final checks.
const finalTimeout = 3 * time.Minute

// finalChecks prints the results of the checks that follow the scenarios.
func finalChecks() (passed bool) {
	passed = true
	for _, check := range []struct {
		name string
		run  func(ctx context.Context) (report string, err error)
	}{{"audit", finalAudit}, {"search for secrets in the logs", searchSecrets}} {
		ctx, cancel := context.WithTimeout(context.Background(), finalTimeout)
		start := time.Now()
		report, err := check.run(ctx)
		cancel()
		var missing *missingError
		switch {
		case errors.As(err, &missing) && !infraRequired():
			fmt.Printf("final %s skipped: %v\n", check.name, err)
		case err != nil:
			fmt.Printf("final %s FAILED: %v\n", check.name, err)
			passed = false
		default:
			fmt.Printf("final %s after %s: %s\n", check.name, time.Since(start).Round(time.Millisecond), report)
		}
	}
	return passed
}

func finalAudit(ctx context.Context) (string, error) {
	stack, err := findStack()
	if err != nil {
		return "", err
	}
	return stack.audit(ctx)
}
