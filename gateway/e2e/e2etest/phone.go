//go:build e2e

package e2etest

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
)

const (
	// patience is the timeout of a phone.
	patience = 60 * time.Second
	// FaultTimeout is the timeout of a phone during a fault: a request that cannot
	// be served has to be refused by then.
	FaultTimeout = 6 * time.Second
)

// BaseURL is the public address of the stack under test, "" if there is none.
func BaseURL() string { return strings.TrimSuffix(os.Getenv("BASE_URL"), "/") }

// NewPhone returns a phone for the stack under test.
func NewPhone() *client.Client { return PhoneFor(BaseURL(), patience) }

// ImpatientPhone returns a phone for the stack under test whose requests fail after
// FaultTimeout.
func ImpatientPhone() *client.Client { return PhoneFor(BaseURL(), FaultTimeout) }

// Gateways returns a phone for each gateway of the stack. BASE_URLS names them,
// separated by commas.
func Gateways() []*client.Client {
	var phones []*client.Client
	for _, base := range strings.FieldsFunc(os.Getenv("BASE_URLS"), func(r rune) bool { return r == ',' }) {
		phones = append(phones, PhoneFor(strings.TrimSpace(base), patience))
	}
	if len(phones) == 0 {
		phones = append(phones, NewPhone())
	}
	return phones
}

// PhoneFor returns a phone for a gateway. A request fails if it takes longer than
// timeout, and on every response that would break the phone or that leaks something
// internal.
func PhoneFor(base string, timeout time.Duration) *client.Client {
	httpClient := &http.Client{
		Timeout: timeout,
		// A redirect would turn a POST into a GET on the phone.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return client.New(base, httpClient, client.Strict(), client.Inspect(func(s client.Status, body []byte) error {
		if s.Code == client.CodeOK {
			body = []byte(s.Message) // the rest holds texts of users, who write anything
		}
		return CheckLeaks(body)
	}))
}

// CheckLeaks returns an error if a response holds a word that only the inside of a
// program knows.
func CheckLeaks(body []byte) error {
	text := strings.ToLower(string(body))
	for _, sign := range []string{"goroutine", "panic", ".go:", "select ", "insert ", "duplicate entry", "mysql", "mariadb", "redis",
		"rpc error", "code = ", "daprd", "sidecar", "dial tcp", "127.0.0.1:21", "context deadline", "argon2", Canary} {
		if strings.Contains(text, strings.ToLower(sign)) {
			return fmt.Errorf("the response leaks %q: %.300s", sign, body)
		}
	}
	return nil
}

// The values of action_type.
const (
	ActionSet    = "1"
	ActionRemove = "2"
)

// Decimal writes an id or a time as the phone does.
func Decimal(n int64) string { return strconv.FormatInt(n, 10) }
