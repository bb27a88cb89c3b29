//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// page is a page of any list.
type page struct {
	ids  []int64
	next string // cursor of the next page
}

// pager reads pages of one list.
type pager struct {
	name string
	ask  func(ctx context.Context, from client.Page) (client.Response, page, error)
}

// pagers returns a pager for each list of a user and a video.
func pagers(p *client.Client, me e2etest.Account, video int64) []pager {
	return []pager{
		{"favorite/list", func(ctx context.Context, from client.Page) (client.Response, page, error) {
			r, err := p.Liked(ctx, me.ID, me.Token, from)
			return r, page{e2etest.VideoIDs(r.Videos), r.NextCursor}, err
		}},
		{"comment/list", func(ctx context.Context, from client.Page) (client.Response, page, error) {
			r, err := p.Comments(ctx, video, me.Token, from)
			out := page{next: r.NextCursor}
			for _, c := range r.Comments {
				out.ids = append(out.ids, c.ID)
			}
			return r, out, err
		}},
		{"follow/list", func(ctx context.Context, from client.Page) (client.Response, page, error) {
			r, err := p.Follows(ctx, me.ID, me.Token, from)
			return r, page{e2etest.UserIDs(r.Users), r.NextCursor}, err
		}},
		{"follower/list", func(ctx context.Context, from client.Page) (client.Response, page, error) {
			r, err := p.Followers(ctx, me.ID, me.Token, from)
			return r, page{e2etest.UserIDs(r.Users), r.NextCursor}, err
		}},
		{"friend/list", func(ctx context.Context, from client.Page) (client.Response, page, error) {
			r, err := p.Friends(ctx, me.ID, me.Token, from)
			return r, page{e2etest.FriendIDs(r.Friends), r.NextCursor}, err
		}},
		{"notification/list", func(ctx context.Context, from client.Page) (client.Response, page, error) {
			r, err := p.Notifications(ctx, me.Token, from)
			out := page{next: r.NextCursor}
			for _, n := range r.Notifications {
				out.ids = append(out.ids, n.ID)
			}
			return r, out, err
		}},
	}
}

// crowded registers a user with n entries in each of the lists.
func crowded(t *testing.T, p *client.Client, n int) (me e2etest.Account, video client.Video) {
	t.Helper()
	me = e2etest.NewAccount(t, p)
	video = e2etest.Publish(t, p, me, "crowded", e2etest.SmallVideo(t))
	others := e2etest.NewAccounts(t, p, n)
	movie := e2etest.SmallVideo(t)
	e2etest.InParallel(t, n, func(i int) error {
		other := others[i]
		work, err := e2etest.PublishID(t.Context(), p, other, movie)
		if err != nil {
			return err
		}
		for _, act := range []func() (client.Response, error){
			func() (client.Response, error) { return p.Follow(t.Context(), me.Token, other.ID, true) },
			func() (client.Response, error) { return p.Follow(t.Context(), other.Token, me.ID, true) },
			func() (client.Response, error) { return p.Like(t.Context(), me.Token, work, true) },
			func() (client.Response, error) {
				return p.PostComment(t.Context(), other.Token, video.ID, fmt.Sprintf("comment %d", i), "")
			},
		} {
			r, err := act()
			if err := e2etest.Acknowledged(r, err); err != nil {
				return err
			}
		}
		return nil
	})
	return me, video
}

// Following the cursor shows each entry once in the order of the whole list, for any
// page size.
func TestListsInPages(t *testing.T) {
	t.Parallel()
	const n = 13
	p := e2etest.NewPhone()
	me, video := crowded(t, p, n)
	expected := map[string]int{"notification/list": 2 * n} // each user followed and commented
	for _, l := range pagers(p, me, video.ID) {
		t.Run(l.name, func(t *testing.T) {
			want := n
			if more, ok := expected[l.name]; ok {
				want = more
			}
			var whole page
			e2etest.Within(t, e2etest.Recovery, "the list is complete", func(ctx context.Context) error {
				r, all, err := l.ask(ctx, client.Page{})
				if err := e2etest.Acknowledged(r, err); err != nil {
					return err
				}
				if whole = all; len(all.ids) != want || all.next != "" {
					return fmt.Errorf("%d entries of %d, next_cursor %q", len(all.ids), want, all.next)
				}
				return nil
			})
			inPages(t, l, whole.ids)
		})
	}
}

// inPages follows the cursor of a list with several page sizes.
func inPages(t *testing.T, l pager, whole []int64) {
	t.Helper()
	n := len(whole)
	for _, limit := range []int{1, 4, n - 1, n, n + 1} {
		var got []int64
		from := client.Page{Limit: limit}
		for range n + 1 {
			r, one, err := l.ask(t.Context(), from)
			if err := e2etest.Acknowledged(r, err); err != nil {
				t.Fatal(err)
			}
			if len(one.ids) > limit || (one.next != "" && len(one.ids) < limit) {
				t.Errorf("limit %d: %d entries on a page", limit, len(one.ids))
			}
			got = append(got, one.ids...)
			if from.Cursor = one.next; one.next == "" {
				break
			}
		}
		if !slices.Equal(got, whole) {
			t.Errorf("limit %d: %v, want %v", limit, got, whole)
		}
	}
}

// Following the cursor of the list of an author does the same.
func TestPublishListInPages(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	author, viewer := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	for range 7 {
		e2etest.Accepted(t, e2etest.Must(p.Publish(t.Context(), author.Token, "one of seven", bytes.NewReader(e2etest.SmallVideo(t))))(t))
	}
	e2etest.WaitAllReady(t, p, author)
	works := func(ctx context.Context, v url.Values) (client.VideosResponse, error) {
		v.Set("user_id", e2etest.Decimal(author.ID))
		v.Set("token", viewer.Token)
		return client.Call[client.VideosResponse](ctx, p, http.MethodGet, "/douyin/publish/list/", v)
	}
	l := pager{"publish/list", func(ctx context.Context, from client.Page) (client.Response, page, error) {
		r, err := p.PublishList(ctx, author.ID, viewer.Token, from)
		return r, page{e2etest.VideoIDs(r.Videos), r.NextCursor}, err
	}}
	r, whole, err := l.ask(t.Context(), client.Page{})
	if err := e2etest.Acknowledged(r, err); err != nil || len(whole.ids) != 7 || whole.next != "" {
		t.Fatalf("%d videos, next_cursor %q, %v", len(whole.ids), whole.next, err)
	}
	inPages(t, l, whole.ids)
	for what, v := range map[string]url.Values{
		"cursor nonsense": {"cursor": {"nonsense"}}, "cursor negative": {"cursor": {"-1"}}, "cursor too large": {"cursor": {"99999999999999999999"}},
		"limit negative": {"limit": {"-1"}}, "limit nonsense": {"limit": {"many"}}, "limit too large": {"limit": {"1001"}},
	} {
		t.Run(what, func(t *testing.T) { e2etest.Refused(t, e2etest.Must(works(t.Context(), v))(t)) })
	}
}

// Entries that are added at the top while a client pages do not shift the rest.
func TestPagingWhileTheListGrows(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	me := e2etest.NewAccount(t, p)
	video := e2etest.Publish(t, p, me, "growing", e2etest.SmallVideo(t))
	var want []int64
	for i := range 6 {
		want = append(want, e2etest.Comment(t, p, me, video.ID, fmt.Sprint(i)).ID)
	}
	slices.Reverse(want)
	var got []int64
	from := client.Page{Limit: 2}
	for {
		r := e2etest.Must(p.Comments(t.Context(), video.ID, "", from))(t)
		e2etest.Accepted(t, r)
		for _, c := range r.Comments {
			got = append(got, c.ID)
		}
		if from.Cursor = r.NextCursor; from.Cursor == "" {
			break
		}
		e2etest.Comment(t, p, me, video.ID, "on top")
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A response has at most 1,000 entries, the newest ones. The cursor leads to the rest.
func TestResponsesAreCapped(t *testing.T) {
	t.Parallel()
	const limit, more = 1000, 7
	p := e2etest.NewPhone()
	a, b := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	video := e2etest.Publish(t, p, a, "commented", e2etest.SmallVideo(t))
	e2etest.InParallel(t, limit+more, func(i int) error {
		if err := e2etest.Acknowledged(p.PostComment(t.Context(), b.Token, video.ID, fmt.Sprint(i), "")); err != nil {
			return err
		}
		return e2etest.Acknowledged(p.SendMessage(t.Context(), a.Token, b.ID, fmt.Sprint(i), ""))
	})
	whole := e2etest.Must(p.Comments(t.Context(), video.ID, "", client.Page{}))(t)
	e2etest.Accepted(t, whole)
	rest := e2etest.Must(p.Comments(t.Context(), video.ID, "", client.Page{Cursor: whole.NextCursor}))(t)
	e2etest.Accepted(t, rest)
	if len(whole.Comments) != limit || whole.NextCursor == "" || len(rest.Comments) != more || rest.NextCursor != "" {
		t.Fatalf("%d comments, then %d; next_cursor %q, then %q", len(whole.Comments), len(rest.Comments), whole.NextCursor, rest.NextCursor)
	}
	if oldest, newest := whole.Comments[limit-1].ID, rest.Comments[0].ID; newest >= oldest {
		t.Errorf("the second page starts with comment %d, after %d", newest, oldest)
	}
	if n := e2etest.ListedVideo(t, p, a, video.ID, "").CommentCount; n != limit+more {
		t.Errorf("comment_count %d", n)
	}
	// The chat has the newest messages, without a gap.
	all := e2etest.Chat(t, p, a, b, 0)
	newest := e2etest.Chat(t, p, b, a, 0)
	if len(all) != limit || !slices.Equal(all, newest) {
		t.Errorf("%d messages for one side, %d for the other", len(all), len(newest))
	}
	e2etest.SendMessage(t, p, a, b, "last")
	if got := e2etest.Contents(e2etest.Chat(t, p, b, a, newest[limit-1].CreateTime)); !slices.Equal(got, []string{"last"}) {
		t.Errorf("%v, want the last", got)
	}
}
