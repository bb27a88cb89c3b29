//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// shanghai is the time zone of the dates that the client shows.
func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// today returns the dates since start: two around midnight.
func today(start time.Time) []string {
	return []string{start.In(shanghai()).Format("01-02"), time.Now().In(shanghai()).Format("01-02")}
}

// The client adds the comment of the response to its list, so it has to be complete
// and equal to the one in the list.
func TestCommentIsCompleteAndListedAtOnce(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	author, writer, viewer := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	video := e2etest.Publish(t, p, author, "to be commented", e2etest.SmallVideo(t))
	e2etest.Follow(t, p, viewer, writer, true)
	e2etest.Like(t, p, writer, video.ID, true)

	start := time.Now()
	posted := e2etest.Comment(t, p, writer, video.ID, "第一 👍 <b>&amp; 100%</b>")
	if posted.Content != "第一 👍 <b>&amp; 100%</b>" || !slices.Contains(today(start), posted.CreateDate) {
		t.Errorf("posted %+v", posted)
	}
	if want := e2etest.Profile(t, p, writer, writer.Token); posted.User != want {
		t.Errorf("posted by %+v, whose profile is %+v", posted.User, want)
	}
	for who, token := range map[string]string{"writer": writer.Token, "author": author.Token, "viewer": viewer.Token, "guest": ""} {
		list := e2etest.Comments(t, p, video.ID, token)
		if len(list) != 1 {
			t.Fatalf("%s: %d comments", who, len(list))
		}
		want := posted
		want.User.IsFollow = who == "viewer"
		if list[0] != want {
			t.Errorf("%s: listed %+v, posted %+v", who, list[0], want)
		}
		if n := e2etest.ListedVideo(t, p, author, video.ID, token).CommentCount; n != 1 {
			t.Errorf("%s: comment_count %d", who, n)
		}
	}
}

func TestCommentsAreNewestFirst(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	author, a, b := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	video := e2etest.Publish(t, p, author, "talked about", e2etest.SmallVideo(t))
	other := e2etest.Publish(t, p, author, "not talked about", e2etest.SmallVideo(t))
	var want []int64
	for i, writer := range []e2etest.Account{a, b, a, author, b} {
		want = append(want, e2etest.Comment(t, p, writer, video.ID, strings.Repeat("!", i+1)).ID)
	}
	slices.Reverse(want)
	var got []int64
	for _, c := range e2etest.Comments(t, p, video.ID, "") {
		got = append(got, c.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
	if n := e2etest.ListedVideo(t, p, author, video.ID, "").CommentCount; n != 5 {
		t.Errorf("comment_count %d beside five comments", n)
	}
	if list := e2etest.Comments(t, p, other.ID, ""); len(list) != 0 {
		t.Errorf("another video shows %d comments", len(list))
	}
}

// A comment keeps its text, up to 500 characters, without the space around it.
func TestCommentTexts(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	video := e2etest.Publish(t, p, a, "texts", e2etest.SmallVideo(t))
	for what, text := range map[string]string{
		"longest":        strings.Repeat("评", 500),
		"one character":  "。",
		"line breaks":    "a\nb\r\nc\td",
		"markup":         `<script>alert("x")</script> '; DROP TABLE comments; --`,
		"emoji":          "👨‍👩‍👧‍👦🇨🇳",
		"query syntax":   "a&b=c?d#e+f%20g",
		"right to left":  "مرحبا",
		"combining mark": "e\u0301",
		"looks like nil": "null",
	} {
		t.Run(what, func(t *testing.T) {
			posted := e2etest.Comment(t, p, a, video.ID, text)
			list := e2etest.Comments(t, p, video.ID, "")
			if posted.Content != text || len(list) == 0 || list[0].ID != posted.ID || list[0].Content != text {
				t.Errorf("posted %q, the response has %q", text, posted.Content)
			}
		})
	}
	if got := e2etest.Comment(t, p, a, video.ID, " \n around \t").Content; got != "around" {
		t.Errorf("the comment is %q", got)
	}
}

func TestDeletedCommentIsGoneAndStaysGone(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	author, writer := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	video := e2etest.Publish(t, p, author, "to be commented", e2etest.SmallVideo(t))
	kept := e2etest.Comment(t, p, writer, video.ID, "stays")
	gone := e2etest.Comment(t, p, writer, video.ID, "goes")
	for round := range 3 { // a repetition is accepted and changes nothing
		e2etest.Accepted(t, e2etest.Must(p.DeleteComment(t.Context(), writer.Token, video.ID, gone.ID))(t))
		for _, token := range []string{writer.Token, ""} {
			list := e2etest.Comments(t, p, video.ID, token)
			if len(list) != 1 || list[0].ID != kept.ID {
				t.Errorf("round %d: listed %+v", round, list)
			}
			if n := e2etest.ListedVideo(t, p, author, video.ID, token).CommentCount; n != 1 {
				t.Errorf("round %d: comment_count %d", round, n)
			}
		}
	}
	again := e2etest.Comment(t, p, writer, video.ID, "goes")
	if again.ID == gone.ID {
		t.Error("a new comment has the id of a deleted one")
	}
}

// A comment with a request id can be posted again after a lost response.
func TestCommentRepeatedByRequestID(t *testing.T) {
	t.Parallel()
	p := e2etest.NewPhone()
	a, b := e2etest.NewAccount(t, p), e2etest.NewAccount(t, p)
	video := e2etest.Publish(t, p, a, "repeated", e2etest.SmallVideo(t))
	other := e2etest.Publish(t, p, a, "another", e2etest.SmallVideo(t))
	try := func(who e2etest.Account, videoID int64, request string) client.CommentResponse {
		t.Helper()
		return e2etest.Must(p.PostComment(t.Context(), who.Token, videoID, "once", request))(t)
	}
	post := func(who e2etest.Account, request string) client.Comment {
		t.Helper()
		r := try(who, video.ID, request)
		e2etest.Accepted(t, r)
		return *r.Comment
	}
	first := post(a, "r1")
	if second := post(a, "r1"); second != first {
		t.Errorf("repeated: %+v, first: %+v", second, first)
	}
	for what, c := range map[string]client.Comment{"another request": post(a, "r2"), "another user": post(b, "r1")} {
		if c.ID == first.ID {
			t.Errorf("%s: got the first comment", what)
		}
	}
	// The id was used for another video, another text, or a comment that is deleted.
	e2etest.Refused(t, try(a, other.ID, "r1"))
	e2etest.Refused(t, e2etest.Must(p.PostComment(t.Context(), a.Token, video.ID, "twice", "r1"))(t))
	e2etest.Accepted(t, e2etest.Must(p.DeleteComment(t.Context(), a.Token, video.ID, first.ID))(t))
	e2etest.Refused(t, try(a, video.ID, "r1"))
	if list := e2etest.Comments(t, p, video.ID, ""); len(list) != 2 {
		t.Errorf("%d comments after three, a repetition and a deletion", len(list))
	}
	if list := e2etest.Comments(t, p, other.ID, ""); len(list) != 0 {
		t.Errorf("%d comments of a video without any", len(list))
	}
}

// create_date is the date of the comment, not of the read, in the client's zone.
func TestCommentDateIsOfItsCreationInShanghai(t *testing.T) {
	t.Parallel()
	db := e2etest.Database(t, "interaction")
	p := e2etest.NewPhone()
	a := e2etest.NewAccount(t, p)
	video := e2etest.Publish(t, p, a, "long ago", e2etest.SmallVideo(t))
	c := e2etest.Comment(t, p, a, video.ID, "when?")
	for at, want := range map[string]string{
		"2025-12-31T15:59:59.999Z": "12-31",
		"2025-12-31T16:00:00.000Z": "01-01",
		"2024-02-28T16:00:00.000Z": "02-29",
		"2025-07-04T23:59:00.000Z": "07-05",
		"2025-07-05T12:00:00.000Z": "07-05",
	} {
		moment, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), "UPDATE comments SET created_at_ms = ? WHERE id = ?", moment.UnixMilli(), c.ID); err != nil {
			t.Fatal(err)
		}
		if list := e2etest.Comments(t, p, video.ID, ""); len(list) != 1 || list[0].CreateDate != want {
			t.Errorf("created at %s: %+v, want create_date %s", at, list, want)
		}
	}
}
