package token_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/douyin-on-dapr/douyin/gateway/internal/token"
)

var (
	keyOne = []byte("0123456789abcdef0123456789abcdef")
	keyTwo = []byte("fedcba9876543210fedcba9876543210")
	start  = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

func secret(t *testing.T, current string, keys map[string][]byte) string {
	t.Helper()
	text, err := json.Marshal(struct {
		Current string            `json:"current"`
		Keys    map[string][]byte `json:"keys"`
	}{current, keys})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func issuerAt(t *testing.T, now time.Time, current string, keys map[string][]byte) *token.Issuer {
	t.Helper()
	parsed, err := token.ParseKeys(secret(t, current, keys))
	if err != nil {
		t.Fatal(err)
	}
	return token.New(parsed, func() time.Time { return now })
}

var one = map[string][]byte{"k1": keyOne}

func TestSignedTokensVerifyUntilTheyExpire(t *testing.T) {
	who := token.Identity{UserID: 1<<53 - 1, SessionID: "01HQ"}
	raw, err := issuerAt(t, start, "k1", one).Sign(who)
	if err != nil {
		t.Fatal(err)
	}
	const day = 24 * time.Hour
	for _, c := range []struct {
		what  string
		after time.Duration
		ok    bool
	}{
		{"at once", 0, true},
		{"on a clock a little behind", -50 * time.Second, true},
		{"on a clock far behind", -time.Hour, true},
		{"on the last day", 90*day - time.Second, true},
		{"within the leeway", 90*day + 50*time.Second, true},
		{"past the leeway", 90*day + 61*time.Second, false},
	} {
		got, err := issuerAt(t, start.Add(c.after), "k1", one).Verify(raw)
		if c.ok && (err != nil || got != who) {
			t.Errorf("%s: %+v, %v", c.what, got, err)
		}
		if !c.ok && !errors.Is(err, token.ErrInvalid) {
			t.Errorf("%s: accepted as %+v", c.what, got)
		}
	}
}

func TestKeysRotate(t *testing.T) {
	both := map[string][]byte{"k1": keyOne, "k2": keyTwo}
	who := token.Identity{UserID: 7, SessionID: "s"}
	old, err := issuerAt(t, start, "k1", one).Sign(who)
	if err != nil {
		t.Fatal(err)
	}
	rotated := issuerAt(t, start, "k2", both)
	if got, err := rotated.Verify(old); err != nil || got != who {
		t.Errorf("a token of the old key: %+v, %v", got, err)
	}
	fresh, err := rotated.Sign(who)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := issuerAt(t, start, "k1", one).Verify(fresh); !errors.Is(err, token.ErrInvalid) {
		t.Error("a token of an unknown key is accepted")
	}
}

// claims of a good token; each case below spoils one thing.
func claims() jwt.MapClaims {
	return jwt.MapClaims{"iss": "douyin", "aud": "douyin-client", "sub": "7", "jti": "s",
		"iat": start.Unix(), "exp": start.Add(time.Hour).Unix()}
}

func TestForgedTokensAreRefused(t *testing.T) {
	sign := func(method jwt.SigningMethod, key any, header map[string]any, change func(jwt.MapClaims)) string {
		c := claims()
		if change != nil {
			change(c)
		}
		forged := jwt.NewWithClaims(method, c)
		forged.Header["kid"] = "k1"
		for k, v := range header {
			forged.Header[k] = v
			if v == nil {
				delete(forged.Header, k)
			}
		}
		raw, err := forged.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	set := func(name string, value any) func(jwt.MapClaims) {
		return func(c jwt.MapClaims) {
			c[name] = value
			if value == nil {
				delete(c, name)
			}
		}
	}
	hs := jwt.SigningMethodHS256
	good := sign(hs, keyOne, nil, nil)
	issuer := issuerAt(t, start, "k1", one)
	if who, err := issuer.Verify(good); err != nil || who.UserID != 7 {
		t.Fatalf("the unspoilt token: %+v, %v", who, err)
	}
	segments := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"k1","typ":"JWT"}`))

	for what, raw := range map[string]string{
		"empty":                    "",
		"nonsense":                 "nonsense",
		"too long":                 good + strings.Repeat("x", 5000),
		"algorithm none":           sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, nil),
		"none with a signature":    none + "." + segments[1] + "." + segments[2],
		"another HMAC":             sign(jwt.SigningMethodHS512, keyOne, nil, nil),
		"another key":              sign(hs, keyTwo, nil, nil),
		"empty key":                sign(hs, []byte{}, map[string]any{"kid": "k0"}, nil),
		"no key id":                sign(hs, keyOne, map[string]any{"kid": nil}, nil),
		"key id as number":         sign(hs, keyOne, map[string]any{"kid": 1}, nil),
		"unknown key id":           sign(hs, keyOne, map[string]any{"kid": "../k1"}, nil),
		"no issuer":                sign(hs, keyOne, nil, set("iss", nil)),
		"another issuer":           sign(hs, keyOne, nil, set("iss", "tiktok")),
		"no audience":              sign(hs, keyOne, nil, set("aud", nil)),
		"another audience":         sign(hs, keyOne, nil, set("aud", "douyin-admin")),
		"no expiry":                sign(hs, keyOne, nil, set("exp", nil)),
		"expiry as text":           sign(hs, keyOne, nil, set("exp", "never")),
		"expired":                  sign(hs, keyOne, nil, set("exp", start.Add(-2*time.Minute).Unix())),
		"not yet valid":            sign(hs, keyOne, nil, set("nbf", start.Add(time.Hour).Unix())),
		"no subject":               sign(hs, keyOne, nil, set("sub", nil)),
		"subject as number":        sign(hs, keyOne, nil, set("sub", 7)),
		"subject zero":             sign(hs, keyOne, nil, set("sub", "0")),
		"subject negative":         sign(hs, keyOne, nil, set("sub", "-7")),
		"subject too large":        sign(hs, keyOne, nil, set("sub", "99999999999999999999")),
		"no session":               sign(hs, keyOne, nil, set("jti", nil)),
		"signature cut off":        good[:len(good)-3],
		"signature missing":        segments[0] + "." + segments[1] + ".",
		"claims of another user":   segments[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"8"}`)) + "." + segments[2],
		"more segments":            good + ".x",
		"white space around":       " " + good,
		"in an authorization form": "Bearer " + good,
	} {
		if who, err := issuer.Verify(raw); !errors.Is(err, token.ErrInvalid) || who != (token.Identity{}) {
			t.Errorf("%s: accepted as %+v (%v)", what, who, err)
		}
	}
}

func TestSignNeedsUserAndSession(t *testing.T) {
	issuer := issuerAt(t, start, "k1", one)
	for _, who := range []token.Identity{{}, {UserID: 1}, {SessionID: "s"}, {UserID: -1, SessionID: "s"}} {
		if raw, err := issuer.Sign(who); err == nil {
			t.Errorf("%+v: signed %s", who, raw)
		}
	}
}

func TestUnusableKeysAreRefused(t *testing.T) {
	for what, text := range map[string]string{
		"nothing":      "",
		"no JSON":      "secret",
		"no keys":      `{"current":"k1"}`,
		"no current":   secret(t, "", one),
		"other id":     secret(t, "k2", one),
		"short key":    secret(t, "k1", map[string][]byte{"k1": keyOne[:31]}),
		"constant key": secret(t, "k1", map[string][]byte{"k1": make([]byte, 32)}),
		"short spare":  secret(t, "k1", map[string][]byte{"k1": keyOne, "k0": []byte("short")}),
		"no base64":    `{"current":"k1","keys":{"k1":"!!!"}}`,
	} {
		_, err := token.ParseKeys(text)
		if err == nil {
			t.Errorf("%s: accepted", what)
			continue
		}
		if strings.Contains(err.Error(), string(keyOne[:16])) || strings.Contains(err.Error(), "!!!") {
			t.Errorf("%s: the error shows the key: %v", what, err)
		}
	}
}
