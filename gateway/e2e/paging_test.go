//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
)

// page is a part of any list: the ids on it and the cursor of the next.
type page struct {
	ids  []int64
	next string
}

// pager asks for a part of one list.
type pager struct {
	name string
	ask  func(ctx context.Context, part Part) (reply, page, error)
}

// pagers are the lists that have parts, all of one company of many.
func pagers(p *Phone, me account, video int64) []pager {
	return []pager{
		{"favorite/list", func(ctx context.Context, part Part) (reply, page, error) {
			r, err := p.Liked(ctx, me.ID, me.Token, part)
			return r, page{ids(r.Videos), r.NextCursor}, err
		}},
		{"comment/list", func(ctx context.Context, part Part) (reply, page, error) {
			r, err := p.Comments(ctx, video, me.Token, part)
			out := page{next: r.NextCursor}
			for _, c := range r.Comments {
				out.ids = append(out.ids, c.ID)
			}
			return r, out, err
		}},
		{"follow/list", func(ctx context.Context, part Part) (reply, page, error) {
			r, err := p.Follows(ctx, me.ID, me.Token, part)
			return r, page{userIDs(r.Users), r.NextCursor}, err
		}},
		{"follower/list", func(ctx context.Context, part Part) (reply, page, error) {
			r, err := p.Followers(ctx, me.ID, me.Token, part)
			return r, page{userIDs(r.Users), r.NextCursor}, err
		}},
		{"friend/list", func(ctx context.Context, part Part) (reply, page, error) {
			r, err := p.Friends(ctx, me.ID, me.Token, part)
			return r, page{friendIDs(r.Friends), r.NextCursor}, err
		}},
		{"notification/list", func(ctx context.Context, part Part) (reply, page, error) {
			r, err := p.Notifications(ctx, me.Token, part)
			out := page{next: r.NextCursor}
			for _, n := range r.Notifications {
				out.ids = append(out.ids, n.ID)
			}
			return r, out, err
		}},
	}
}

// crowded makes a user who has n entries in each of the lists.
func crowded(t *testing.T, p *Phone, n int) (me account, video Video) {
	t.Helper()
	me = newAccount(t, p)
	video = published(t, p, me, "crowded", smallMP4(t))
	others := crowd(t, p, n)
	movie := smallMP4(t)
	atOnce(t, n, func(i int) error {
		other := others[i]
		work, err := publishedID(t.Context(), p, other, movie)
		if err != nil {
			return err
		}
		for _, act := range []func() (reply, error){
			func() (reply, error) { return p.Follow(t.Context(), me.Token, other.ID, true) },
			func() (reply, error) { return p.Follow(t.Context(), other.Token, me.ID, true) },
			func() (reply, error) { return p.Like(t.Context(), me.Token, work, true) },
			func() (reply, error) {
				return p.Comment(t.Context(), other.Token, video.ID, fmt.Sprintf("comment %d", i))
			},
		} {
			r, err := act()
			if err := acknowledged(r, err); err != nil {
				return err
			}
		}
		return nil
	})
	return me, video
}

// Following the cursor shows each entry once, in the order of the whole list,
// whatever the size of the parts.
func TestListsInParts(t *testing.T) {
	const n = 13
	p := newPhone()
	me, video := crowded(t, p, n)
	expected := map[string]int{"notification/list": 2 * n} // a follow and a comment of each
	for _, l := range pagers(p, me, video.ID) {
		t.Run(l.name, func(t *testing.T) {
			want := n
			if more, ok := expected[l.name]; ok {
				want = more
			}
			var whole page
			within(t, recovery, "the list is complete", func(ctx context.Context) error {
				r, all, err := l.ask(ctx, Part{})
				if err := acknowledged(r, err); err != nil {
					return err
				}
				if whole = all; len(all.ids) != want || all.next != "" {
					return fmt.Errorf("%d entries of %d, next_cursor %q", len(all.ids), want, all.next)
				}
				return nil
			})
			inParts(t, l, whole.ids)
		})
	}
}

// inParts follows the cursor of a list, with parts of several sizes.
func inParts(t *testing.T, l pager, whole []int64) {
	t.Helper()
	n := len(whole)
	for _, limit := range []int{1, 4, n - 1, n, n + 1} {
		var got []int64
		part := Part{Limit: limit}
		for range n + 1 {
			r, one, err := l.ask(t.Context(), part)
			if err := acknowledged(r, err); err != nil {
				t.Fatal(err)
			}
			if len(one.ids) > limit || (one.next != "" && len(one.ids) < limit) {
				t.Errorf("limit %d: %d entries in a part", limit, len(one.ids))
			}
			got = append(got, one.ids...)
			if part.Cursor = one.next; one.next == "" {
				break
			}
		}
		if !slices.Equal(got, whole) {
			t.Errorf("limit %d: %v, want %v", limit, got, whole)
		}
	}
}

// An author's works have parts as well.
func TestPublishListInParts(t *testing.T) {
	p := newPhone()
	author, viewer := newAccount(t, p), newAccount(t, p)
	for range 7 {
		published(t, p, author, "one of many", smallMP4(t))
	}
	works := func(ctx context.Context, v url.Values) (VideosReply, error) {
		v.Set("user_id", decimal(author.ID))
		v.Set("token", viewer.Token)
		return call[VideosReply](ctx, p, http.MethodGet, "/douyin/publish/list/", v)
	}
	l := pager{"publish/list", func(ctx context.Context, part Part) (reply, page, error) {
		r, err := works(ctx, part.in(url.Values{}))
		return r, page{ids(r.Videos), r.NextCursor}, err
	}}
	r, whole, err := l.ask(t.Context(), Part{})
	if err := acknowledged(r, err); err != nil || len(whole.ids) != 7 || whole.next != "" {
		t.Fatalf("%d videos, next_cursor %q, %v", len(whole.ids), whole.next, err)
	}
	inParts(t, l, whole.ids)
	for what, v := range map[string]url.Values{
		"cursor nonsense": {"cursor": {"nonsense"}}, "cursor negative": {"cursor": {"-1"}}, "cursor too large": {"cursor": {"99999999999999999999"}},
		"limit negative": {"limit": {"-1"}}, "limit nonsense": {"limit": {"many"}}, "limit too large": {"limit": {"1001"}},
	} {
		t.Run(what, func(t *testing.T) { refused(t, must(works(t.Context(), v))(t)) })
	}
}

// What comes in at the top while somebody pages does not move what is below.
func TestPagingWhileTheListGrows(t *testing.T) {
	p := newPhone()
	me := newAccount(t, p)
	video := published(t, p, me, "growing", smallMP4(t))
	var want []int64
	for i := range 6 {
		want = append(want, comment(t, p, me, video.ID, fmt.Sprint(i)).ID)
	}
	slices.Reverse(want)
	var got []int64
	part := Part{Limit: 2}
	for {
		r := must(p.Comments(t.Context(), video.ID, "", part))(t)
		accepted(t, r)
		for _, c := range r.Comments {
			got = append(got, c.ID)
		}
		if part.Cursor = r.NextCursor; part.Cursor == "" {
			break
		}
		comment(t, p, me, video.ID, "on top")
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// One answer has at most 1,000 entries, the newest ones; the rest of a list is
// behind the cursor.
func TestAnswersAreCapped(t *testing.T) {
	const limit, more = 1000, 7
	p := newPhone()
	a, b := newAccount(t, p), newAccount(t, p)
	video := published(t, p, a, "talked about", smallMP4(t))
	atOnce(t, limit+more, func(i int) error {
		if err := acknowledged(p.Comment(t.Context(), b.Token, video.ID, fmt.Sprint(i))); err != nil {
			return err
		}
		return acknowledged(p.Send(t.Context(), a.Token, b.ID, fmt.Sprint(i)))
	})
	whole := must(p.Comments(t.Context(), video.ID, "", Part{}))(t)
	accepted(t, whole)
	rest := must(p.Comments(t.Context(), video.ID, "", Part{Cursor: whole.NextCursor}))(t)
	accepted(t, rest)
	if len(whole.Comments) != limit || whole.NextCursor == "" || len(rest.Comments) != more || rest.NextCursor != "" {
		t.Fatalf("%d comments, then %d; next_cursor %q, then %q", len(whole.Comments), len(rest.Comments), whole.NextCursor, rest.NextCursor)
	}
	if oldest, newest := whole.Comments[limit-1].ID, rest.Comments[0].ID; newest >= oldest {
		t.Errorf("the rest begins with %d, after %d", newest, oldest)
	}
	if n := shown(t, p, a, video.ID, "").CommentCount; n != limit+more {
		t.Errorf("comment_count %d", n)
	}
	// The newest messages, and none between them left out.
	all := chat(t, p, a, b, "0")
	newest := chat(t, p, b, a, "0")
	if len(all) != limit || !slices.Equal(all, newest) {
		t.Errorf("%d messages for one side, %d for the other", len(all), len(newest))
	}
	say(t, p, a, b, "last")
	if got := contents(chat(t, p, b, a, decimal(newest[limit-1].CreateTime))); !slices.Equal(got, []string{"last"}) {
		t.Errorf("%v, want the last", got)
	}
}
