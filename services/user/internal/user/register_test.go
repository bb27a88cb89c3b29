package user_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

func TestRegister(t *testing.T) {
	h := newHarness()
	result := h.mustRegister(t, " Amy ", "secret")
	if result.UserID <= 0 || result.SessionID == "" {
		t.Fatalf("registered as %+v", result)
	}
	got, err := h.Profiles(t.Context(), []int64{result.UserID})
	want := user.Profile{ID: result.UserID, Name: " Amy ", CreatedAt: time.Date(2026, 3, 1, 4, 0, 0, 123e6, time.UTC)}
	if err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("profile %+v, %v, want %+v", got, err, want)
	}
	if n := h.store.Sessions(result.UserID); n != 1 {
		t.Errorf("%d sessions, want 1", n)
	}
}

func TestRegisterRefusesASecondUserWithTheSameLookingName(t *testing.T) {
	for _, second := range []string{"Amy", "amy", "AMY", " amy ", "Ａｍｙ", "a\u200bmy"} {
		h := newHarness()
		h.mustRegister(t, "Amy", "secret")
		work := h.passwords.Work()
		if _, err := h.Register(t.Context(), second, "other"); !errors.Is(err, user.ErrNameTaken) {
			t.Errorf("%q: %v, want ErrNameTaken", second, err)
		}
		if h.store.Users() != 1 {
			t.Errorf("%q: %d users", second, h.store.Users())
		}
		if h.passwords.Work() != work {
			t.Errorf("%q: computed a hash for a taken name", second)
		}
	}
}

func TestRegisterChecksNameAndPassword(t *testing.T) {
	tests := map[string]struct {
		name, password string
		want           *errs.Error // nil: accepted
	}{
		"password of 1":                  {"amy", "x", nil},
		"password of 32":                 {"amy", strings.Repeat("p", 32), nil},
		"password of 32 chinese":         {"amy", strings.Repeat("密", 32), nil},
		"password of 32 emoji":           {"amy", strings.Repeat("😀", 32), nil},
		"password of 32 letters + marks": {"amy", strings.Repeat("e\u0301", 32), nil},
		"password like the name":         {"douyinTestUserA", "douyinTestUserA", nil},
		"password of blanks":             {"amy", "   ", nil},
		"password with control":          {"amy", "a\x00\n", nil},
		"no password":                    {"amy", "", user.ErrPasswordInvalid},
		"password of 33":                 {"amy", strings.Repeat("p", 33), user.ErrPasswordInvalid},
		"password of 33 chinese":         {"amy", strings.Repeat("密", 33), user.ErrPasswordInvalid},
		"password of a megabyte":         {"amy", strings.Repeat("p", 1<<20), user.ErrPasswordInvalid},
		"password not UTF-8":             {"amy", "\xff\xfe", user.ErrPasswordInvalid},
		"no name":                        {"", "secret", user.ErrNameInvalid},
		"name of 33":                     {strings.Repeat("n", 33), "secret", user.ErrNameInvalid},
		"no name and no password":        {"", "", user.ErrNameInvalid},
	}
	for label, test := range tests {
		t.Run(label, func(t *testing.T) {
			h := newHarness()
			_, err := h.Register(t.Context(), test.name, test.password)
			if test.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				if _, err := h.Login(t.Context(), test.name, test.password); err != nil {
					t.Errorf("cannot log in again: %v", err)
				}
				return
			}
			if !errors.Is(err, test.want) || errs.CodeOf(err) != errs.Invalid {
				t.Errorf("%v, want %v", err, test.want)
			}
			if h.store.Users() != 0 || h.passwords.Work() != 0 {
				t.Errorf("%d users, work %d after a refusal", h.store.Users(), h.passwords.Work())
			}
		})
	}
}

func TestBusyRegistrationWritesNothing(t *testing.T) {
	h := newHarness()
	h.passwords.SetBusy(true)
	if _, err := h.Register(t.Context(), "amy", "secret"); !errors.Is(err, user.ErrBusy) {
		t.Errorf("%v, want ErrBusy", err)
	}
	if h.store.Users() != 0 {
		t.Error("a user exists")
	}
}

func TestRegisterReportsAStoreThatIsDown(t *testing.T) {
	h := newHarness()
	h.store.FailWith(&errs.Error{Code: errs.Unavailable})
	if _, err := h.Register(t.Context(), "amy", "secret"); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("%v, want unavailable", err)
	}
}

func TestOneOfManyRegistrationsOfANameSucceeds(t *testing.T) {
	h := newHarness()
	const racers = 100
	outcomes := make([]error, racers)
	var done sync.WaitGroup
	for i := range racers {
		done.Go(func() { _, outcomes[i] = h.Register(t.Context(), "amy", "secret") })
	}
	done.Wait()
	won := 0
	for _, err := range outcomes {
		if err == nil {
			won++
		} else if !errors.Is(err, user.ErrNameTaken) {
			t.Errorf("%v, want ErrNameTaken", err)
		}
	}
	if won != 1 || h.store.Users() != 1 {
		t.Errorf("%d won, %d users, want 1 and 1", won, h.store.Users())
	}
}
