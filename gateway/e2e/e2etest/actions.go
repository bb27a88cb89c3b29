//go:build e2e

package e2etest

import (
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/client"
)

// Like creates or removes a like. This and the other actions end the test if they
// are refused.
func Like(t testing.TB, p *client.Client, a Account, videoID int64, liked bool) {
	t.Helper()
	Accepted(t, Must(p.Like(t.Context(), a.Token, videoID, liked))(t))
}

// Follow creates or removes a follow of b by a.
func Follow(t testing.TB, p *client.Client, a, b Account, followed bool) {
	t.Helper()
	Accepted(t, Must(p.Follow(t.Context(), a.Token, b.ID, followed))(t))
}

// Comment posts a comment.
func Comment(t testing.TB, p *client.Client, a Account, videoID int64, text string) client.Comment {
	t.Helper()
	r := Must(p.PostComment(t.Context(), a.Token, videoID, text, ""))(t)
	Accepted(t, r)
	return *r.Comment
}

// SendMessage sends a message from a to b.
func SendMessage(t testing.TB, p *client.Client, a, b Account, text string) {
	t.Helper()
	Accepted(t, Must(p.SendMessage(t.Context(), a.Token, b.ID, text, ""))(t))
}

// Befriend makes two users follow each other.
func Befriend(t testing.TB, p *client.Client, a, b Account) {
	t.Helper()
	Follow(t, p, a, b, true)
	Follow(t, p, b, a, true)
}
