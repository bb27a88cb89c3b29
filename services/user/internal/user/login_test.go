package user_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/user/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

func TestLoginAddsASession(t *testing.T) {
	h := newHarness()
	registered := h.mustRegister(t, "Amy", "José")
	for _, name := range []string{"Amy", "amy", "AMY ", "Ａmy"} {
		result, err := h.Login(t.Context(), name, "Jose\u0301")
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if result.UserID != registered.UserID || result.SessionID == registered.SessionID {
			t.Errorf("%q: %+v after %+v", name, result, registered)
		}
	}
	if n := h.store.Sessions(registered.UserID); n != 5 {
		t.Errorf("%d sessions, want 5: older ones must not end", n)
	}
}

// Every failed login returns the same answer and, if a user could have this name
// and password, does the same work.
func TestLoginDoesNotRevealWhichUsersExist(t *testing.T) {
	tests := map[string]struct {
		name, password string
		work           int64
	}{
		"wrong password":       {"amy", "Secret", 1},
		"blank after password": {"amy", "secret ", 1},
		"unknown name":         {"bob", "secret", 1},
		"unknown, same look":   {"аmy", "secret", 1}, // a Cyrillic letter
		"no password":          {"amy", "", 0},
		"no password, unknown": {"bob", "", 0},
		"long password":        {"amy", strings.Repeat("s", 33), 0},
		"long, unknown":        {"bob", strings.Repeat("s", 33), 0},
		"impossible name":      {"a\nb", "secret", 0},
		"no name":              {"", "secret", 0},
	}
	h := newHarness()
	result := h.mustRegister(t, "amy", "secret")
	var public string
	for label, test := range tests {
		t.Run(label, func(t *testing.T) {
			before := h.passwords.Work()
			_, err := h.Login(t.Context(), test.name, test.password)
			if !errors.Is(err, user.ErrWrongCredentials) || errs.CodeOf(err) != errs.Unauthenticated {
				t.Fatalf("%v, want ErrWrongCredentials", err)
			}
			if public == "" {
				public = errs.ToStatus(err).Error()
			}
			if got := errs.ToStatus(err).Error(); got != public {
				t.Errorf("on the wire %q, elsewhere %q", got, public)
			}
			if work := h.passwords.Work() - before; work != test.work {
				t.Errorf("work %d, want %d", work, test.work)
			}
		})
	}
	if n := h.store.Sessions(result.UserID); n != 1 {
		t.Errorf("%d sessions after failed logins, want 1", n)
	}
}

func TestLoginBusyIsTheSameForKnownAndUnknown(t *testing.T) {
	h := newHarness()
	h.mustRegister(t, "amy", "secret")
	h.passwords.SetBusy(true)
	for _, name := range []string{"amy", "bob"} {
		if _, err := h.Login(t.Context(), name, "secret"); !errors.Is(err, user.ErrBusy) {
			t.Errorf("%s: %v, want ErrBusy", name, err)
		}
	}
}

func TestLoginReportsAStoreThatIsDown(t *testing.T) {
	h := newHarness()
	h.mustRegister(t, "amy", "secret")
	h.store.FailWith(&errs.Error{Code: errs.Unavailable})
	if _, err := h.Login(t.Context(), "amy", "secret"); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("%v, want unavailable", err)
	}
}

func TestLoginRenewsAnOutdatedHash(t *testing.T) {
	h := newHarness()
	h.mustRegister(t, "amy", "secret")
	h.passwords.Generation = "v2"

	if _, err := h.Login(t.Context(), "amy", "wrong"); !errors.Is(err, user.ErrWrongCredentials) {
		t.Fatal(err)
	}
	if c, _ := h.store.Credential(t.Context(), "amy"); c.Hash != "v1$secret" {
		t.Errorf("a failed login changed the hash to %q", c.Hash)
	}
	for _, wantWork := range []int64{2, 1} { // the second login has nothing to renew
		before := h.passwords.Work()
		if _, err := h.Login(t.Context(), "amy", "secret"); err != nil {
			t.Fatal(err)
		}
		if work := h.passwords.Work() - before; work != wantWork {
			t.Errorf("work %d, want %d", work, wantWork)
		}
		if c, _ := h.store.Credential(t.Context(), "amy"); c.Hash != "v2$secret" {
			t.Errorf("hash %q, want the current parameters", c.Hash)
		}
	}
}

// frozen is a store that cannot change credentials.
type frozen struct{ *fake.Store }

func (frozen) ReplaceHash(context.Context, user.Credential, string) error {
	return &errs.Error{Code: errs.Unavailable, Op: "frozen"}
}

func TestLoginSucceedsWhenTheHashCannotBeRenewed(t *testing.T) {
	h := newHarness()
	h.mustRegister(t, "amy", "canary-secret")
	h.passwords.Generation = "v2"
	if _, err := h.serviceOn(frozen{h.store}).Login(t.Context(), "amy", "canary-secret"); err != nil {
		t.Fatal(err)
	}
	log := h.log.String()
	if !strings.Contains(log, "unavailable") || strings.Contains(log, "canary") || strings.Contains(log, "v1$") {
		t.Errorf("log %q", log)
	}
}
