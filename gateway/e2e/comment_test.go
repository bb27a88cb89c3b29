//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// shanghai is where the client's dates are.
func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// today are the dates on which something can have happened since start; two
// around midnight.
func today(start time.Time) []string {
	return []string{start.In(shanghai()).Format("01-02"), time.Now().In(shanghai()).Format("01-02")}
}

// The client puts the comment of the answer into its list as it is, so it has to
// be complete, and the same as the list shows it.
func TestCommentIsCompleteAndListedAtOnce(t *testing.T) {
	p := newPhone()
	author, writer, viewer := newAccount(t, p), newAccount(t, p), newAccount(t, p)
	video := published(t, p, author, "to be commented", smallMP4(t))
	follow(t, p, viewer, writer, true)
	like(t, p, writer, video.ID, true)

	start := time.Now()
	posted := comment(t, p, writer, video.ID, "第一 👍 <b>&amp; 100%</b>")
	if posted.Content != "第一 👍 <b>&amp; 100%</b>" || !slices.Contains(today(start), posted.CreateDate) {
		t.Errorf("posted %+v", posted)
	}
	if want := profile(t, p, writer, writer.Token); posted.User != want {
		t.Errorf("posted by %+v, whose profile is %+v", posted.User, want)
	}
	for who, token := range map[string]string{"writer": writer.Token, "author": author.Token, "viewer": viewer.Token, "guest": ""} {
		list := comments(t, p, video.ID, token)
		if len(list) != 1 {
			t.Fatalf("%s: %d comments", who, len(list))
		}
		want := posted
		want.User.IsFollow = who == "viewer"
		if list[0] != want {
			t.Errorf("%s: listed %+v, posted %+v", who, list[0], want)
		}
		if n := shown(t, p, author, video.ID, token).CommentCount; n != 1 {
			t.Errorf("%s: comment_count %d", who, n)
		}
	}
}

func TestCommentsAreNewestFirst(t *testing.T) {
	p := newPhone()
	author, a, b := newAccount(t, p), newAccount(t, p), newAccount(t, p)
	video := published(t, p, author, "talked about", smallMP4(t))
	other := published(t, p, author, "not talked about", smallMP4(t))
	var want []int64
	for i, writer := range []account{a, b, a, author, b} {
		want = append(want, comment(t, p, writer, video.ID, strings.Repeat("!", i+1)).ID)
	}
	slices.Reverse(want)
	var got []int64
	for _, c := range comments(t, p, video.ID, "") {
		got = append(got, c.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
	if n := shown(t, p, author, video.ID, "").CommentCount; n != 5 {
		t.Errorf("comment_count %d beside five comments", n)
	}
	if list := comments(t, p, other.ID, ""); len(list) != 0 {
		t.Errorf("another video shows %d comments", len(list))
	}
}

// What can be shown as text is kept as it is, up to 500 characters, but for the
// space around it.
func TestCommentTexts(t *testing.T) {
	p := newPhone()
	a := newAccount(t, p)
	video := published(t, p, a, "texts", smallMP4(t))
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
			posted := comment(t, p, a, video.ID, text)
			list := comments(t, p, video.ID, "")
			if posted.Content != text || len(list) == 0 || list[0].ID != posted.ID || list[0].Content != text {
				t.Errorf("posted %q, answered %q", text, posted.Content)
			}
		})
	}
	if got := comment(t, p, a, video.ID, " \n around \t").Content; got != "around" {
		t.Errorf("the space around stays: %q", got)
	}
}

func TestDeletedCommentIsGoneAndStaysGone(t *testing.T) {
	p := newPhone()
	author, writer := newAccount(t, p), newAccount(t, p)
	video := published(t, p, author, "to be commented", smallMP4(t))
	kept := comment(t, p, writer, video.ID, "stays")
	gone := comment(t, p, writer, video.ID, "goes")
	for round := range 3 { // repetition is success and moves nothing
		accepted(t, must(p.Uncomment(t.Context(), writer.Token, video.ID, gone.ID))(t))
		for _, token := range []string{writer.Token, ""} {
			list := comments(t, p, video.ID, token)
			if len(list) != 1 || list[0].ID != kept.ID {
				t.Errorf("round %d: listed %+v", round, list)
			}
			if n := shown(t, p, author, video.ID, token).CommentCount; n != 1 {
				t.Errorf("round %d: comment_count %d", round, n)
			}
		}
	}
	again := comment(t, p, writer, video.ID, "goes")
	if again.ID == gone.ID {
		t.Error("a new comment has the id of a deleted one")
	}
}

// A client that names its request may repeat it when the answer was lost.
func TestCommentRepeatedByRequestID(t *testing.T) {
	p := newPhone()
	a, b := newAccount(t, p), newAccount(t, p)
	video := published(t, p, a, "repeated", smallMP4(t))
	other := published(t, p, a, "another", smallMP4(t))
	try := func(who account, videoID int64, request string) CommentReply {
		t.Helper()
		return must(p.CommentAs(t.Context(), who.Token, videoID, "once", request))(t)
	}
	post := func(who account, request string) Comment {
		t.Helper()
		r := try(who, video.ID, request)
		accepted(t, r)
		return *r.Comment
	}
	first := post(a, "r1")
	if second := post(a, "r1"); second != first {
		t.Errorf("repeated: %+v, first: %+v", second, first)
	}
	for what, c := range map[string]Comment{"another request": post(a, "r2"), "another user": post(b, "r1")} {
		if c.ID == first.ID {
			t.Errorf("%s: got the first comment", what)
		}
	}
	// Under another video, or after its deletion, there is nothing to show again.
	refused(t, try(a, other.ID, "r1"))
	accepted(t, must(p.Uncomment(t.Context(), a.Token, video.ID, first.ID))(t))
	refused(t, try(a, video.ID, "r1"))
	if list := comments(t, p, video.ID, ""); len(list) != 2 {
		t.Errorf("%d comments after three, a repetition and a deletion", len(list))
	}
	if list := comments(t, p, other.ID, ""); len(list) != 0 {
		t.Errorf("%d comments under a video that nobody commented", len(list))
	}
}

// The date is that of the comment, not of the reading, in the client's zone.
func TestCommentDateIsOfItsCreationInShanghai(t *testing.T) {
	db := database(t, "interaction")
	p := newPhone()
	a := newAccount(t, p)
	video := published(t, p, a, "long ago", smallMP4(t))
	c := comment(t, p, a, video.ID, "when?")
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
		if list := comments(t, p, video.ID, ""); len(list) != 1 || list[0].CreateDate != want {
			t.Errorf("created at %s: %+v, want create_date %s", at, list, want)
		}
	}
}
