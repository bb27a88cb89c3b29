//go:build e2e

package e2e

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// readyDeadline is how long a freshly started stack may take.
const readyDeadline = 60 * time.Second

func TestMain(m *testing.M) {
	base := os.Getenv("BASE_URL")
	if base == "" {
		fmt.Fprintln(os.Stderr, "e2e: BASE_URL is not set. Start a stack and name its gateway, e.g.\n"+
			"  BASE_URL=http://127.0.0.1:8080 go test -tags e2e ./gateway/e2e/...\n"+
			"or let the starter do both:\n  bin/douyin with -- go test -tags e2e ./gateway/e2e/...")
		os.Exit(2)
	}
	ctx, cancel := context.WithTimeout(context.Background(), readyDeadline)
	err := poll(ctx, func(ctx context.Context) error { return ready(ctx, base) })
	cancel()
	if err != nil {
		fmt.Fprintf(os.Stderr, "e2e: %s did not become ready within %s: %v\n", base, readyDeadline, err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// ready asks a gateway whether it can serve.
func ready(ctx context.Context, base string) error {
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
		return fmt.Errorf("/readyz says %s", res.Status)
	}
	return nil
}

// pollEvery is the pause between two looks at a condition.
const pollEvery = 40 * time.Millisecond

// poll repeats a check until it succeeds; when ctx ends first it returns what
// the check said last, but for a check that the end itself cut off. One check
// may take five seconds.
func poll(ctx context.Context, check func(context.Context) error) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var said error
	for {
		one, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := check(one)
		cancel()
		if err == nil {
			return nil
		}
		if said == nil || ctx.Err() == nil {
			said = err
		}
		select {
		case <-ctx.Done():
			return said
		case <-tick.C:
		}
	}
}

// within fails the test when a condition does not come true in time, and
// returns how long it took.
func within(t testing.TB, limit time.Duration, what string, check func(context.Context) error) time.Duration {
	t.Helper()
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	if err := poll(ctx, check); err != nil {
		t.Fatalf("%s: not within %s: %v", what, limit, err)
	}
	return time.Since(start)
}

func baseURL() string { return strings.TrimSuffix(os.Getenv("BASE_URL"), "/") }

// newPhone is a phone for the stack under test.
func newPhone() *Phone { return NewPhone(baseURL(), 60*time.Second) }

// canary is part of every password that the scenarios use, so that any of them
// is found wherever it should not be.
const canary = "Kanari7"

func random(t testing.TB) string {
	t.Helper()
	b := make([]byte, 6)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(b)
}

// account is a user whose secrets the test knows.
type account struct {
	ID                    int64
	Name, Password, Token string
}

// newAccount registers a user under a name that nobody has.
func newAccount(t testing.TB, p *Phone) account {
	t.Helper()
	id := random(t)
	a := account{Name: "e2e-" + id, Password: canary + "-" + id}
	r := must(p.Register(t.Context(), a.Name, a.Password))(t)
	accepted(t, r)
	a.ID, a.Token = r.UserID, r.Token
	return a
}

// must ends the test when a call failed as a call; a refusal is no failure.
func must[R any](r R, err error) func(testing.TB) R {
	return func(t testing.TB) R {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

func accepted(t testing.TB, r reply) {
	t.Helper()
	if s := r.status(); s.StatusCode != 0 {
		t.Fatalf("refused with %d %q", s.StatusCode, s.StatusMsg)
	}
}

func refused(t testing.TB, r reply) {
	t.Helper()
	if r.status().StatusCode == 0 {
		t.Fatal("accepted, a refusal was due")
	}
}

// The codes of refusals that scenarios tell apart. They are part of the API: a
// code is never given a second meaning.
const (
	paramMissing     = 1001
	paramInvalid     = 1002
	paramDuplicate   = 1003
	bodyTooLarge     = 1006
	tokenInvalid     = 2001
	nameInvalid      = 2002
	passwordInvalid  = 2003
	nameTaken        = 2004
	wrongCredentials = 2005
	userUnknown      = 2006
	videoMissing     = 3001
	videoEmpty       = 3002
	videoTooLarge    = 3003
	videoFormat      = 3004
	titleInvalid     = 3005
	uploadMalformed  = 3006
	uploadExpired    = 3007
	videoUnknown     = 3009
	videoForeign     = 3010
	directMissing    = 3011
	uploadIncomplete = 3012
	tooBusy          = 5003
)

// refusedWith demands a refusal for the right reason: a request with two faults
// would be refused as well, and tell nothing about the one that was meant.
func refusedWith(t testing.TB, code int32, r reply) {
	t.Helper()
	if s := r.status(); s.StatusCode != code {
		t.Fatalf("answered with %d %q, want %d", s.StatusCode, s.StatusMsg, code)
	}
}

// unavailable reports a missing aid: the scenario is skipped, or fails where
// everything has to be run.
func unavailable(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("REQUIRE_INFRA") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}
