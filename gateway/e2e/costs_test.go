//go:build e2e

package e2e

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// statements is how many SQL statements the server has executed, for anybody.
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

// cost is how many statements a request takes: the first time, and the least of ten
// times. Background work adds a few per second, so the least is the request's own;
// the first may include some of the others.
func cost(t *testing.T, db *sql.DB, request func() error) (first, least int64) {
	t.Helper()
	for i := range 10 {
		before := statements(t, db)
		if err := request(); err != nil {
			t.Fatal(err)
		}
		took := statements(t, db) - before - 1 // without the SHOW STATUS itself
		if i == 0 {
			first, least = took, took
		}
		least = min(least, took)
	}
	return first, least
}

// The number of statements for a list does not depend on its length.
func TestListsCostTheSameWhateverTheirLength(t *testing.T) {
	const (
		short, long = 2, 20
		// others is more than background work does during one request, and less than
		// one statement for each entry.
		others = 15
	)
	db := e2etest.Database(t, "user")
	p := e2etest.NewPhone()
	type lists map[string]func() error
	listsOf := func(n int) lists {
		me, video := crowded(t, p, n)
		author, peer := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
		e2etest.InParallel(t, n, func(int) error {
			if _, err := e2etest.PublishID(t.Context(), p, author, e2etest.SmallVideo(t)); err != nil {
				return err
			}
			return e2etest.Acknowledged(p.SendMessage(t.Context(), me.Token, peer.ID, "hello", ""))
		})
		out := lists{}
		for _, token := range []string{me.Token, ""} {
			who := map[bool]string{true: " as a guest", false: ""}[token == ""]
			viewer := e2etest.Account{ID: me.ID, Token: token}
			for _, l := range pagers(p, viewer, video.ID) {
				if token == "" && (l.name == "friend/list" || l.name == "notification/list") {
					continue // empty for guests
				}
				out[l.name+who] = func() error { return readAll(t.Context(), l, n) }
			}
			out["publish/list"+who] = func() error {
				r, err := p.PublishList(t.Context(), author.ID, token, client.Page{})
				if err := e2etest.Acknowledged(r, err); err != nil || len(r.Videos) != n {
					return fmt.Errorf("%d videos, %w", len(r.Videos), err)
				}
				return nil
			}
		}
		out["message/chat"] = func() error {
			r, err := p.Chat(t.Context(), me.Token, peer.ID, 0)
			if err := e2etest.Acknowledged(r, err); err != nil || len(r.Messages) != n {
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
				t.Errorf("the first time %d entries take %d statements, %d entries take %d", short, firstOfFew, long, firstOfMany)
			}
			// Hot documents that have just been invalidated are not used for some seconds.
			e2etest.Within(t, e2etest.Recovery, "both lists cost the same", func(context.Context) error {
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

// readAll reads a list of at least n entries.
func readAll(ctx context.Context, l pager, n int) error {
	r, all, err := l.ask(ctx, client.Page{Limit: 100})
	if err := e2etest.Acknowledged(r, err); err != nil {
		return err
	}
	if len(all.ids) < n {
		return fmt.Errorf("%s: %d entries of %d", l.name, len(all.ids), n)
	}
	return nil
}

// The most frequent reads take no statement when nothing has changed: the feed with
// and without a viewer, a profile, and the poll of a chat.
func TestWarmReadsTakeNoStatement(t *testing.T) {
	db := e2etest.Database(t, "user")
	p := e2etest.NewPhone()
	me, peer := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	video := e2etest.Publish(t, p, peer, "warm", e2etest.SmallVideo(t))
	e2etest.Like(t, p, me, video.ID, true)
	e2etest.Befriend(t, p, me, peer)
	e2etest.SendMessage(t, p, peer, me, "hello")
	newest := e2etest.Chat(t, p, me, peer, 0)[0].CreateTime
	for name, request := range map[string]func() (client.Response, error){
		"feed":               func() (client.Response, error) { return p.Feed(t.Context(), 0, "") },
		"feed of a user":     func() (client.Response, error) { return p.Feed(t.Context(), 0, me.Token) },
		"own profile":        func() (client.Response, error) { return p.Profile(t.Context(), me.ID, me.Token) },
		"profile of another": func() (client.Response, error) { return p.Profile(t.Context(), peer.ID, me.Token) },
		"poll":               func() (client.Response, error) { return p.Chat(t.Context(), me.Token, peer.ID, newest) },
	} {
		t.Run(name, func(t *testing.T) {
			e2etest.Within(t, e2etest.Recovery, "the request takes no statement", func(context.Context) error {
				_, least := cost(t, db, func() error { return e2etest.Acknowledged(request()) })
				if least > 0 {
					return fmt.Errorf("%d statements", least)
				}
				return nil
			})
		})
	}
}
