//go:build e2e

package e2e

import "testing"

// friendsOnly looks at a stack with the chat policy "friends": who does not
// follow back cannot be written to.
func friendsOnly(t *testing.T, p *Phone) {
	t.Helper()
	a, b := newAccount(t, p), newAccount(t, p)
	write := func() StatusReply { return must(p.Send(t.Context(), a.Token, b.ID, "may I?"))(t) }
	refused(t, write())
	follow(t, p, a, b, true)
	refused(t, write())
	follow(t, p, b, a, true)
	accepted(t, write())
	follow(t, p, b, a, false)
	refused(t, write())
	for _, reader := range [][2]account{{a, b}, {b, a}} {
		if got := chat(t, p, reader[0], reader[1], "0"); len(got) != 1 {
			t.Errorf("%d messages, one was accepted", len(got))
		}
	}
}
