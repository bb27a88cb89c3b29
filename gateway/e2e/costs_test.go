//go:build e2e

package e2e

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"testing"
)

// statements is how many SQL statements the server was asked by anybody so far.
func statements(t *testing.T, db *sql.DB) int64 {
	t.Helper()
	var name, value string
	if err := db.QueryRowContext(t.Context(), "SHOW GLOBAL STATUS LIKE 'Questions'").Scan(&name, &value); err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// cost is how many statements a request takes: the first time, and at least. On
// a quiet stack others ask a few times a second, so that the least of many
// measurements is the request's own; the first may have some of theirs in it.
func cost(t *testing.T, db *sql.DB, request func() error) (first, least int64) {
	t.Helper()
	for i := range 10 {
		before := statements(t, db)
		if err := request(); err != nil {
			t.Fatal(err)
		}
		took := statements(t, db) - before - 1 // the question itself counts too
		if i == 0 {
			first, least = took, took
		}
		least = min(least, took)
	}
	return first, least
}

// What a list costs does not depend on its length.
func TestListsCostTheSameWhateverTheirLength(t *testing.T) {
	const (
		short, long = 2, 20
		// others is more than anybody else asks during one request, and less than
		// one statement for each entry.
		others = 15
	)
	db := database(t, "user")
	p := newPhone()
	type lists map[string]func() error
	listsOf := func(n int) lists {
		me, video := crowded(t, p, n)
		author, peer := newAccount(t, p), newAccount(t, p)
		atOnce(t, n, func(int) error {
			if _, err := publishedID(t.Context(), p, author, smallMP4(t)); err != nil {
				return err
			}
			return acknowledged(p.Send(t.Context(), me.Token, peer.ID, "hello"))
		})
		out := lists{}
		for _, token := range []string{me.Token, ""} {
			who := map[bool]string{true: " as a guest", false: ""}[token == ""]
			viewer := account{ID: me.ID, Token: token}
			for _, l := range pagers(p, viewer, video.ID) {
				if token == "" && (l.name == "friend/list" || l.name == "notification/list") {
					continue // nothing to see
				}
				out[l.name+who] = func() error { return atLeast(t.Context(), l, n) }
			}
			out["publish/list"+who] = func() error {
				r, err := p.PublishList(t.Context(), author.ID, token)
				if err := acknowledged(r, err); err != nil || len(r.Videos) != n {
					return fmt.Errorf("%d videos, %w", len(r.Videos), err)
				}
				return nil
			}
		}
		out["message/chat"] = func() error {
			r, err := p.Chat(t.Context(), me.Token, peer.ID, "0")
			if err := acknowledged(r, err); err != nil || len(r.Messages) != n {
				return fmt.Errorf("%d messages, %w", len(r.Messages), err)
			}
			return nil
		}
		return out
	}
	few, many := listsOf(short), listsOf(long)
	for name := range few {
		t.Run(name, func(t *testing.T) {
			firstOfFew, leastOfFew := cost(t, db, few[name])
			firstOfMany, leastOfMany := cost(t, db, many[name])
			if firstOfMany > firstOfFew+others {
				t.Errorf("the first time %d entries take %d statements and %d entries %d", short, firstOfFew, long, firstOfMany)
			}
			// Copies of what has just changed are not used for some seconds.
			within(t, recovery, "both lists cost the same", func(context.Context) error {
				_, leastOfFew = cost(t, db, few[name])
				_, leastOfMany = cost(t, db, many[name])
				if leastOfFew != leastOfMany {
					return fmt.Errorf("%d entries take %d statements, %d take %d", short, leastOfFew, long, leastOfMany)
				}
				return nil
			})
			t.Logf("%d statements; the first time %d for %d entries and %d for %d", leastOfMany, firstOfFew, short, firstOfMany, long)
		})
	}
}

// atLeast asks for a whole list that has to have so many entries.
func atLeast(ctx context.Context, l pager, n int) error {
	r, all, err := l.ask(ctx, Part{Limit: 100})
	if err := acknowledged(r, err); err != nil {
		return err
	}
	if len(all.ids) < n {
		return fmt.Errorf("%s: %d entries of %d", l.name, len(all.ids), n)
	}
	return nil
}

// What is asked most often asks no database when nothing has changed: the feed,
// with and without a viewer, a profile, and the poll of a chat.
func TestWarmReadsAskNoDatabase(t *testing.T) {
	db := database(t, "user")
	p := newPhone()
	me, peer := newAccount(t, p), newAccount(t, p)
	video := published(t, p, peer, "warm", smallMP4(t))
	like(t, p, me, video.ID, true)
	befriend(t, p, me, peer)
	say(t, p, peer, me, "hello")
	newest := chat(t, p, me, peer, "0")[0].CreateTime
	for name, request := range map[string]func() (reply, error){
		"feed":            func() (reply, error) { return p.Feed(t.Context(), "", "") },
		"feed of a user":  func() (reply, error) { return p.Feed(t.Context(), "", me.Token) },
		"own profile":     func() (reply, error) { return p.Profile(t.Context(), me.ID, me.Token) },
		"foreign profile": func() (reply, error) { return p.Profile(t.Context(), peer.ID, me.Token) },
		"poll":            func() (reply, error) { return p.Chat(t.Context(), me.Token, peer.ID, decimal(newest)) },
	} {
		t.Run(name, func(t *testing.T) {
			within(t, recovery, "nothing is asked", func(context.Context) error {
				_, least := cost(t, db, func() error { return acknowledged(request()) })
				if least > 0 {
					return fmt.Errorf("%d statements", least)
				}
				return nil
			})
		})
	}
}
