package httpapi_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	"github.com/douyin-on-dapr/douyin/gateway/internal/token"
)

// badTokens open nothing.
func badTokens(t *testing.T, h *apitest.Harness) map[string]string {
	t.Helper()
	good := h.TokenOf(t, 1)
	other, err := token.ParseKeys(`{"current":"k1","keys":{"k1":"ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="}}`)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := token.New(other, apitest.Now).Sign(token.Identity{UserID: 1, SessionID: "s"})
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
	h := apitest.New(t, nil)
	h.Users.Add("amy", "x")
	h.Users.Add("bob", "x")
	for what, bad := range badTokens(t, h) {
		apitest.WantCode(t, "feed, "+what, h.Get(t, "/douyin/feed", url.Values{"token": {bad}}), 0)
		apitest.WantCode(t, "list, "+what, h.Get(t, "/douyin/publish/list", url.Values{"token": {bad}, "user_id": {"2"}}), 0)
		apitest.WantCode(t, "user, "+what, h.Get(t, "/douyin/user", url.Values{"token": {bad}, "user_id": {"2"}}), 0)
		// Alone it does not say whose profile is wanted.
		apitest.WantCode(t, "own profile, "+what, h.Get(t, "/douyin/user", url.Values{"token": {bad}}), 2001)
		apitest.WantCode(t, "own list, "+what, h.Get(t, "/douyin/publish/list", url.Values{"token": {bad}}), 2001)
	}
}

func TestProfileIsThatOfUserID(t *testing.T) {
	h := apitest.New(t, nil)
	h.Users.Add("amy", "x")
	h.Users.Add("bob", "x")
	mine := h.TokenOf(t, 1)
	if got := userID(t, h.Get(t, "/douyin/user", url.Values{"token": {mine}})); got != 1 {
		t.Errorf("the token alone shows user %d", got)
	}
	if got := userID(t, h.Get(t, "/douyin/user", url.Values{"token": {mine}, "user_id": {"2"}})); got != 2 {
		t.Errorf("user_id 2 shows user %d", got)
	}
	// An unknown user is refused and not replaced by the viewer.
	unknown := h.Get(t, "/douyin/user", url.Values{"token": {mine}, "user_id": {"3"}})
	apitest.WantCode(t, "unknown", unknown, 2006)
	if got := userID(t, unknown); got != 0 {
		t.Errorf("an unknown user_id shows user %d", got)
	}
}

// A session that a login opened is one.
func TestTokensOfLoginWork(t *testing.T) {
	h := apitest.New(t, nil)
	for _, path := range []string{"/douyin/user/register/", "/douyin/user/login/"} {
		var session struct {
			UserID int64  `json:"user_id"`
			Token  string `json:"token"`
		}
		body := h.Send(t, "POST", path, url.Values{"username": {"amy"}, "password": {"x"}}, "", nil)
		if err := json.Unmarshal(body, &session); err != nil {
			t.Fatal(err)
		}
		if got := userID(t, h.Get(t, "/douyin/user", url.Values{"token": {session.Token}})); got != 1 || session.UserID != 1 {
			t.Errorf("%s: token of user %d, user_id %d", path, got, session.UserID)
		}
	}
}
