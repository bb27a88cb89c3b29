package httpapi_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/token"
)

// badTokens open nothing.
func badTokens(t *testing.T, r *rig) map[string]string {
	t.Helper()
	good := r.tokenOf(t, 1)
	other, err := token.ParseKeys(`{"current":"k1","keys":{"k1":"ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="}}`)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := token.New(other, func() time.Time { return now }).Sign(token.Identity{UserID: 1, SessionID: "s"})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"empty": "", "nonsense": "nonsense", "cut off": good[:len(good)-2], "forged": forged,
		"binary": "\x00\xff", "long": strings.Repeat("x.", 5000), "with Bearer": "Bearer " + good}
}

func userID(t *testing.T, body []byte) int64 {
	t.Helper()
	var reply struct {
		User struct {
			ID int64 `json:"id"`
		} `json:"user"`
	}
	if err := json.Unmarshal(body, &reply); err != nil {
		t.Fatal(err)
	}
	return reply.User.ID
}

// Reading is public: a bad token makes a guest.
func TestBadTokensMakeGuests(t *testing.T) {
	r := newRig(t, nil)
	r.users.Add("amy", "x")
	r.users.Add("bob", "x")
	for what, bad := range badTokens(t, r) {
		wantCode(t, "feed, "+what, r.get(t, "/douyin/feed", url.Values{"token": {bad}}), 0)
		wantCode(t, "list, "+what, r.get(t, "/douyin/publish/list", url.Values{"token": {bad}, "user_id": {"2"}}), 0)
		wantCode(t, "user, "+what, r.get(t, "/douyin/user", url.Values{"token": {bad}, "user_id": {"2"}}), 0)
		// Alone it does not say whose profile is wanted.
		wantCode(t, "own profile, "+what, r.get(t, "/douyin/user", url.Values{"token": {bad}}), 2001)
		wantCode(t, "own list, "+what, r.get(t, "/douyin/publish/list", url.Values{"token": {bad}}), 2001)
	}
}

func TestProfileIsThatOfUserID(t *testing.T) {
	r := newRig(t, nil)
	r.users.Add("amy", "x")
	r.users.Add("bob", "x")
	mine := r.tokenOf(t, 1)
	if got := userID(t, r.get(t, "/douyin/user", url.Values{"token": {mine}})); got != 1 {
		t.Errorf("the token alone shows user %d", got)
	}
	if got := userID(t, r.get(t, "/douyin/user", url.Values{"token": {mine}, "user_id": {"2"}})); got != 2 {
		t.Errorf("user_id 2 shows user %d", got)
	}
	// An unknown user is refused and not replaced by the viewer.
	unknown := r.get(t, "/douyin/user", url.Values{"token": {mine}, "user_id": {"3"}})
	wantCode(t, "unknown", unknown, 2006)
	if got := userID(t, unknown); got != 0 {
		t.Errorf("an unknown user_id shows user %d", got)
	}
}

// A session that a login opened is one.
func TestTokensOfLoginWork(t *testing.T) {
	r := newRig(t, nil)
	for _, path := range []string{"/douyin/user/register/", "/douyin/user/login/"} {
		var session struct {
			UserID int64  `json:"user_id"`
			Token  string `json:"token"`
		}
		body := r.send(t, "POST", path, url.Values{"username": {"amy"}, "password": {"x"}}, "", nil)
		if err := json.Unmarshal(body, &session); err != nil {
			t.Fatal(err)
		}
		if got := userID(t, r.get(t, "/douyin/user", url.Values{"token": {session.Token}})); got != 1 || session.UserID != 1 {
			t.Errorf("%s: token of user %d, user_id %d", path, got, session.UserID)
		}
	}
}
