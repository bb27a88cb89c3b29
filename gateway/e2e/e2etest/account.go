//go:build e2e

package e2etest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/douyin-on-dapr/douyin/gateway/client"
)

// Canary is part of every password that the scenarios use, so that a leaked one is
// found.
const Canary = "Kanari7"

// Random returns a text that no other test uses.
func Random() string {
	b := make([]byte, 6)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// Account is a user whose secrets the test knows.
type Account struct {
	ID                    int64
	Name, Password, Token string
}

// NewAccount registers a user under a new name. Passwords are hashed a few at a time,
// so a refusal because the system is busy is tried again.
func NewAccount(t testing.TB, p *client.Client) Account {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), registerTimeout)
	defer cancel()
	for {
		a, err := register(ctx, p)
		var refusal *client.Refusal
		switch {
		case err == nil:
			return a
		case !errors.As(err, &refusal) || refusal.Code != client.CodeBusy:
			t.Fatal(err)
		}
	}
}

// registerTimeout bounds the registration of the users of a scenario.
const registerTimeout = time.Minute

func register(ctx context.Context, p *client.Client) (Account, error) {
	id := Random()
	a := Account{Name: "e2e-" + id, Password: Canary + "-" + id}
	r, err := client.Accepted(p.Register(ctx, a.Name, a.Password))
	a.ID, a.Token = r.UserID, r.Token
	return a, err
}

// NewAccounts registers n users. A registration that fails on a busy machine is
// tried again under another name.
func NewAccounts(t testing.TB, p *client.Client, n int) []Account {
	t.Helper()
	users := make([]Account, n)
	ctx, cancel := context.WithTimeout(t.Context(), registerTimeout)
	defer cancel()
	InParallel(t, n, func(i int) error {
		return Poll(ctx, func(ctx context.Context) (err error) {
			users[i], err = register(ctx, p)
			return err
		})
	})
	return users
}

// parallelRequests is how many requests InParallel sends at a time.
const parallelRequests = 4

// InParallel calls do for 0 to n-1, a few at a time, and ends the test on the first
// error.
func InParallel(t testing.TB, n int, do func(i int) error) {
	t.Helper()
	var group errgroup.Group
	group.SetLimit(parallelRequests)
	for i := range n {
		group.Go(func() error {
			if err := do(i); err != nil {
				return fmt.Errorf("number %d: %w", i, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}
