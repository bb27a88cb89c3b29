// Package storetest holds the conformance suites of user.Store and
// activity.Store. They run on the fakes and on a real database, so that both
// behave the same.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

// Run runs the suite of user.Store. open returns an empty store that is closed
// with the test.
func Run(t *testing.T, open func(t *testing.T) user.Store) {
	tests := map[string]func(*testing.T, user.Store){
		"a created user is found by key and id":  created,
		"text is read as it was written":         textSurvives,
		"keys are compared exactly":              keysExact,
		"a taken key refuses and writes nothing": taken,
		"a failed creation writes nothing":       atomic,
		"one of many with the same key succeeds": race,
		"an unknown key is unknown":              unknown,
		"sessions add up":                        sessions,
		"a hash is replaced once":                replaceHash,
		"profiles of some ids":                   profiles,
		"a thousand profiles":                    manyProfiles,
		"a cancelled call writes nothing":        cancelled,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 123e6, time.UTC)

// registration returns a valid registration. id also numbers the session.
func registration(id int64, name string) user.Registration {
	return user.Registration{
		Profile: user.Profile{ID: id, Name: name, CreatedAt: epoch},
		NameKey: strings.ToLower(name),
		Hash:    fmt.Sprintf("$hash$%d", id),
		Session: user.Session{ID: fmt.Sprintf("01SESSION%d", id), UserID: id, CreatedAt: epoch},
	}
}

func create(t *testing.T, s user.Store, r user.Registration) {
	t.Helper()
	if err := s.Create(t.Context(), r); err != nil {
		t.Fatalf("Create(%q): %v", r.Profile.Name, err)
	}
}

// wantProfiles compares profiles in any order.
func wantProfiles(t *testing.T, s user.Store, ids []int64, want ...user.Profile) {
	t.Helper()
	got, err := s.Profiles(t.Context(), ids)
	if err != nil {
		t.Fatalf("Profiles(%v): %v", ids, err)
	}
	slices.SortFunc(got, func(a, b user.Profile) int { return int(a.ID - b.ID) })
	if !slices.Equal(got, want) {
		t.Errorf("Profiles(%v) = %+v, want %+v", ids, got, want)
	}
}

func wantCredential(t *testing.T, s user.Store, key string, want user.Credential) {
	t.Helper()
	got, err := s.Credential(t.Context(), key)
	if err != nil || got != want {
		t.Errorf("Credential(%q) = %+v, %v, want %+v", key, got, err, want)
	}
}

func wantUnknown(t *testing.T, s user.Store, key string) {
	t.Helper()
	if got, err := s.Credential(t.Context(), key); !errors.Is(err, user.ErrUnknown) {
		t.Errorf("Credential(%q) = %+v, %v, want ErrUnknown", key, got, err)
	}
}

func created(t *testing.T, s user.Store) {
	r := registration(7, "Amy")
	r.Profile.Avatar, r.Profile.BackgroundImage, r.Profile.Signature = "http://h/a.png", "http://h/b.png", "hi"
	create(t, s, r)
	wantProfiles(t, s, []int64{7}, r.Profile)
	wantCredential(t, s, "amy", user.Credential{UserID: 7, Hash: "$hash$7"})
}

func textSurvives(t *testing.T, s user.Store) {
	names := []string{
		"抖音", "👨‍👩‍👧", " amy ", "o'hara\"\\`%_;--", "\U0010FFFF", "e\u0301",
		strings.Repeat("👨", user.MaxNameLength), strings.Repeat("ᾂ", user.MaxNameLength),
		strings.Repeat("\u03b1\u0313\u0300\u0345", user.MaxNameLength), // the same, four code points each
	}
	for i, name := range names {
		r := registration(int64(i+1), name)
		r.NameKey = fmt.Sprintf("key%d%s", i, name)
		create(t, s, r)
		wantProfiles(t, s, []int64{r.Profile.ID}, r.Profile)
	}
	// The longest possible key: one character that folds to 18.
	key, err := user.NameKey(strings.Repeat("\ufdfa", user.MaxNameLength))
	if err != nil {
		t.Fatal(err)
	}
	r := registration(100, "long")
	r.NameKey = key
	create(t, s, r)
	wantCredential(t, s, key, user.Credential{UserID: 100, Hash: r.Hash})
}

func keysExact(t *testing.T, s user.Store) {
	for i, key := range []string{"amy", "Amy", "amý", "amy1", "ａｍｙ", "ß", "ss", "😀", "😁"} {
		r := registration(int64(i+1), key)
		r.NameKey = key
		create(t, s, r)
	}
	wantCredential(t, s, "amy", user.Credential{UserID: 1, Hash: "$hash$1"})
	wantCredential(t, s, "😁", user.Credential{UserID: 9, Hash: "$hash$9"})
}

func taken(t *testing.T, s user.Store) {
	first, second := registration(1, "amy"), registration(2, "AMY")
	create(t, s, first)
	if err := s.Create(t.Context(), second); !errors.Is(err, user.ErrNameTaken) {
		t.Fatalf("second Create = %v, want ErrNameTaken", err)
	}
	wantProfiles(t, s, []int64{1, 2}, first.Profile)
	wantCredential(t, s, "amy", user.Credential{UserID: 1, Hash: first.Hash})
	second.NameKey = "bob" // the id and the session are still free
	create(t, s, second)
}

func atomic(t *testing.T, s user.Store) {
	create(t, s, registration(1, "amy"))
	clash := registration(2, "bob")
	clash.Session.ID = registration(1, "amy").Session.ID
	if err := s.Create(t.Context(), clash); err == nil || errors.Is(err, user.ErrNameTaken) {
		t.Fatalf("Create with a used session id = %v, want an error that is not ErrNameTaken", err)
	}
	wantProfiles(t, s, []int64{2})
	wantUnknown(t, s, "bob")
	sameID := registration(1, "carl")
	sameID.Session.ID = "01OTHER"
	if err := s.Create(t.Context(), sameID); err == nil || errors.Is(err, user.ErrNameTaken) {
		t.Fatalf("Create with a used id = %v, want an error that is not ErrNameTaken", err)
	}
	wantUnknown(t, s, "carl")
}

func race(t *testing.T, s user.Store) {
	const racers = 100
	outcomes := make([]error, racers)
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range racers {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			outcomes[i] = s.Create(t.Context(), registration(int64(i+1), "amy"))
		})
	}
	ready.Wait()
	close(start)
	done.Wait()

	var winners []int64
	ids := make([]int64, racers)
	for i, err := range outcomes {
		ids[i] = int64(i + 1)
		switch {
		case err == nil:
			winners = append(winners, ids[i])
		case !errors.Is(err, user.ErrNameTaken):
			t.Errorf("racer %d: %v, want ErrNameTaken", i, err)
		}
	}
	if len(winners) != 1 {
		t.Fatalf("winners %v, want exactly one", winners)
	}
	wantProfiles(t, s, ids, registration(winners[0], "amy").Profile)
	wantCredential(t, s, "amy", user.Credential{UserID: winners[0], Hash: registration(winners[0], "amy").Hash})
}

func unknown(t *testing.T, s user.Store) {
	create(t, s, registration(1, "amy"))
	for _, key := range []string{"", "am", "amyy", " amy", "%", "' OR 1=1 --"} {
		wantUnknown(t, s, key)
	}
}

func sessions(t *testing.T, s user.Store) {
	create(t, s, registration(1, "amy"))
	for _, id := range []string{"01A", "01B"} {
		if err := s.AddSession(t.Context(), user.Session{ID: id, UserID: 1, CreatedAt: epoch}); err != nil {
			t.Fatalf("AddSession(%s): %v", id, err)
		}
	}
	if err := s.AddSession(t.Context(), user.Session{ID: "01A", UserID: 1, CreatedAt: epoch}); err == nil {
		t.Error("a session id was used twice")
	}
}

func replaceHash(t *testing.T, s user.Store) {
	create(t, s, registration(1, "amy"))
	create(t, s, registration(2, "bob"))
	read := user.Credential{UserID: 1, Hash: "$hash$1"}
	if err := s.ReplaceHash(t.Context(), read, "new"); err != nil {
		t.Fatal(err)
	}
	if err := s.ReplaceHash(t.Context(), read, "late"); err != nil { // read before the change
		t.Fatal(err)
	}
	wantCredential(t, s, "amy", user.Credential{UserID: 1, Hash: "new"})
	wantCredential(t, s, "bob", user.Credential{UserID: 2, Hash: "$hash$2"})
}

func profiles(t *testing.T, s user.Store) {
	amy, bob, carl := registration(1, "amy"), registration(2, "bob"), registration(3, "carl")
	for _, r := range []user.Registration{amy, bob, carl} {
		create(t, s, r)
	}
	wantProfiles(t, s, nil)
	wantProfiles(t, s, []int64{99})
	wantProfiles(t, s, []int64{3, 99, 1}, amy.Profile, carl.Profile)
}

func manyProfiles(t *testing.T, s user.Store) {
	create(t, s, registration(5, "amy"))
	create(t, s, registration(1<<53-1, "bob"))
	ids := make([]int64, user.MaxProfiles)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	ids[len(ids)-1] = 1<<53 - 1
	wantProfiles(t, s, ids, registration(5, "amy").Profile, registration(1<<53-1, "bob").Profile)
}

func cancelled(t *testing.T, s user.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Create(ctx, registration(1, "amy")); err == nil {
		t.Error("Create with a cancelled context returned no error")
	}
	if _, err := s.Credential(ctx, "amy"); err == nil || errors.Is(err, user.ErrUnknown) {
		t.Errorf("Credential with a cancelled context = %v, want an error that is not ErrUnknown", err)
	}
	wantUnknown(t, s, "amy")
	create(t, s, registration(1, "amy"))
}
