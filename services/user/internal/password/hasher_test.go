package password_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/user/internal/password"
)

// referenceHash is the hash of "password" by the reference implementation.
const referenceHash = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"

// cheap returns parameters that are just strong enough to distinguish hashes.
func cheap() password.Options {
	return password.Options{Params: password.Params{MemoryKiB: 8, Passes: 1, Lanes: 1}, Concurrent: 2, Queue: 10, Wait: time.Minute}
}

func mustHash(t *testing.T, h *password.Hasher, secret string) string {
	t.Helper()
	hash, err := h.Hash(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func TestHashIsAPHCStringWithARandomSalt(t *testing.T) {
	h := password.New(password.Options{Params: password.Recommended(), Concurrent: 1, Queue: 1, Wait: time.Minute})
	first, second := mustHash(t, h, "secret"), mustHash(t, h, "secret")
	form := regexp.MustCompile(`^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`)
	for _, hash := range []string{first, second} {
		if !form.MatchString(hash) {
			t.Errorf("hash %q", hash)
		}
	}
	if first == second {
		t.Error("two hashes of one password are equal")
	}
}

func TestVerify(t *testing.T) {
	h := password.New(cheap())
	hash := mustHash(t, h, "secret")
	stronger := cheap()
	stronger.Params.Passes = 2
	tests := map[string]struct {
		hasher          *password.Hasher
		secret, hash    string
		match, outdated bool
	}{
		"right":                   {h, "secret", hash, true, false},
		"wrong":                   {h, "Secret", hash, false, false},
		"prefix":                  {h, "secre", hash, false, false},
		"empty":                   {h, "", hash, false, false},
		"right, old parameters":   {password.New(stronger), "secret", hash, true, true},
		"wrong, old parameters":   {password.New(stronger), "other", hash, false, false},
		"made by another program": {h, "password", referenceHash, true, true},
		"the same, wrong":         {h, "passwort", referenceHash, false, false},
	}
	for label, test := range tests {
		t.Run(label, func(t *testing.T) {
			match, outdated, err := test.hasher.Verify(t.Context(), test.secret, test.hash)
			if err != nil || match != test.match || outdated != test.outdated {
				t.Errorf("%v, %v, %v, want %v, %v", match, outdated, err, test.match, test.outdated)
			}
		})
	}
}

// The password is longer than the 72 bytes that bcrypt uses: every byte counts.
func TestVerifyUsesTheWholePassword(t *testing.T) {
	h := password.New(cheap())
	long := strings.Repeat("密", 31)
	hash := mustHash(t, h, long+"码")
	if match, _, err := h.Verify(t.Context(), long+"馬", hash); err != nil || match {
		t.Errorf("%v, %v: the last character made no difference", match, err)
	}
}

func TestVerifyRefusesADamagedHashWithoutRevealingIt(t *testing.T) {
	good := mustHash(t, password.New(cheap()), "secret")
	salt, key := strings.Split(good, "$")[4], strings.Split(good, "$")[5]
	tests := map[string]string{
		"empty":         "",
		"no PHC":        "5ebe2294ecd0e0f08eab7690d2a6ee69",
		"other scheme":  "$argon2i$v=19$m=8,t=1,p=1$" + salt + "$" + key,
		"other version": "$argon2id$v=16$m=8,t=1,p=1$" + salt + "$" + key,
		"too much":      "$argon2id$v=19$m=4294967295,t=1,p=1$" + salt + "$" + key,
		"too long":      "$argon2id$v=19$m=8,t=4294967295,p=1$" + salt + "$" + key,
		"no passes":     "$argon2id$v=19$m=8,t=0,p=1$" + salt + "$" + key,
		"no lanes":      "$argon2id$v=19$m=8,t=1,p=0$" + salt + "$" + key,
		"negative":      "$argon2id$v=19$m=-8,t=1,p=1$" + salt + "$" + key,
		"overflow":      "$argon2id$v=19$m=8,t=1,p=257$" + salt + "$" + key,
		"rest":          "$argon2id$v=19$m=8,t=1,p=1,x=1$" + salt + "$" + key,
		"no salt":       "$argon2id$v=19$m=8,t=1,p=1$$" + key,
		"no key":        "$argon2id$v=19$m=8,t=1,p=1$" + salt + "$",
		"short key":     "$argon2id$v=19$m=8,t=1,p=1$" + salt + "$" + key[:8],
		"cut":           good[:len(good)-2], // with one character less it can be the hash of a shorter key
		"no base64":     "$argon2id$v=19$m=8,t=1,p=1$" + salt + "$" + strings.Repeat("!", len(key)),
		"more":          good + "$",
	}
	for label, hash := range tests {
		t.Run(label, func(t *testing.T) {
			match, _, err := password.New(cheap()).Verify(t.Context(), "secret", hash)
			if match || errs.CodeOf(err) != errs.Internal || err == nil {
				t.Fatalf("%v, %v, want an internal error", match, err)
			}
			for text := err; text != nil; text = errors.Unwrap(text) {
				if strings.Contains(text.Error(), key[:8]) || strings.Contains(text.Error(), "secret") {
					t.Errorf("error contains a secret: %v", text)
				}
			}
		})
	}
}

func TestAnUnknownUserCostsWhatAWrongPasswordCosts(t *testing.T) {
	type call struct {
		password  string
		params    password.Params
		salt      int
		keyLength uint32
	}
	var calls []call
	h := password.NewCounting(cheap(), func(secret string, salt []byte, p password.Params, keyLength uint32) []byte {
		calls = append(calls, call{secret, p, len(salt), keyLength})
		return make([]byte, keyLength)
	})
	hash := mustHash(t, password.New(cheap()), "secret")
	if match, _, err := h.Verify(t.Context(), "guess", hash); err != nil || match {
		t.Fatal(match, err)
	}
	if err := h.VerifyUnknown(t.Context(), "guess"); err != nil {
		t.Fatal(err)
	}
	if len(calls) != 2 || calls[0] != calls[1] {
		t.Errorf("derivations %+v, want two equal ones", calls)
	}
}
