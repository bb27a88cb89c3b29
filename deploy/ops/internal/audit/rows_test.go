package audit_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/audit"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/opsharness"
)

func testConsistentDataHasNoViolation(t *testing.T, d opsharness.Databases) {
	h := newHarness(t, d)
	h.hot.put(t, "feed:head", feedHead(t))
	report := run(t, h.everything())
	wantViolations(t, report)
	if len(report.Notes) > 0 || !report.OK() {
		t.Errorf("notes %q", report.Notes)
	}
	c := report.Compared
	if c.Databases != 5 || c.Documents != documents+1 || c.Answers != comparisons || c.Objects != opsharness.Objects {
		t.Errorf("compared %+v", c)
	}
	// The rows of the harness in compared tables.
	if c.Rows != 3+3+2+5+3+1+1+4+1+1+6+3+4+3+0+4+3+1+3 {
		t.Errorf("compared %d rows", c.Rows)
	}
}

// breakage is a change of rows that violates an invariant.
type breakage struct {
	name      string
	service   string
	statement string
	want      []string
	schema    bool // the statement changes the schema, so it needs databases of its own
}

func breakages() []breakage {
	const user, video, interaction, relation, chat = "user", "video", "interaction", "relation", "chat"
	return []breakage{
		{"a like is counted twice", interaction, `UPDATE video_counts SET likes = 4 WHERE video_id = 101`,
			[]string{"I3 likes of video 101: expected 3, found 4"}, false},
		{"likes without a counter", interaction, `DELETE FROM video_counts WHERE video_id = 103`,
			[]string{"I3 likes of video 103: expected 1, found 0"}, false},
		{"a counter without likes", interaction, `UPDATE video_counts SET likes = 2 WHERE video_id = 102`,
			[]string{"I3 likes of video 102: expected 0, found 2"}, false},
		{"a comment is not counted", interaction, `UPDATE video_counts SET comments = 0 WHERE video_id = 101`,
			[]string{"I3 comments of video 101: expected 1, found 0"}, false},
		{"likes given", interaction, `UPDATE user_counts SET given = 9 WHERE user_id = 2`,
			[]string{"I3 likes given by user 2: expected 1, found 9"}, false},
		{"likes received", interaction, `UPDATE user_counts SET received = 2 WHERE user_id = 1`,
			[]string{"I3 likes received by user 1: expected 3, found 2"}, false},
		{"a like was taken back twice", interaction, `UPDATE likes SET version = 3 WHERE user_id = 2 AND video_id = 102`,
			[]string{
				"I2 like of video 102 by user 2, changed 3 times: expected liked, found not liked",
				"I4 activity like 2 102: expected version 3, taken back, of user 2 for user 1, found version 2, taken back, of user 2 for user 1",
			}, false},
		{"a like of no video", interaction, `INSERT INTO likes VALUES (1, 999, 1, FALSE, 2, 1000)`,
			[]string{"I8 video 999, named in interaction.likes: expected a video, found none"}, false},
		{"a comment of no video", interaction, `INSERT INTO comments VALUES (209, 998, 2, 2, '', NULL, 1000, TRUE)`,
			[]string{"I8 video 998, named in interaction.comments: expected a video, found none"}, false},
		{"a video of another author", interaction, `UPDATE comments SET author_id = 2, user_id = 2 WHERE id = 202`,
			[]string{
				"I3 video 101, named in interaction.comments: expected author 1, found author 2",
				"I4 activity comment 202: expected none, found version 2, taken back, of user 3 for user 1",
			}, false},
		{"a like of nobody", interaction, `INSERT INTO user_counts VALUES (77, 0, 0)`,
			[]string{"I10 user 77, named in interaction.user_counts: expected an account, found none"}, false},
		{"follows", relation, `UPDATE counts SET follows = 0 WHERE user_id = 3`,
			[]string{"I3 follows of user 3: expected 1, found 0"}, false},
		{"followers", relation, `UPDATE counts SET followers = 3 WHERE user_id = 1`,
			[]string{"I3 followers of user 1: expected 2, found 3"}, false},
		{"a follow of oneself", relation, `INSERT INTO follows VALUES (2, 2, FALSE, 2, 1000)`,
			[]string{"I6 user 2: expected no follow of themselves, found an ended one"}, false},
		{"a follow came twice", relation, `UPDATE follows SET version = 2 WHERE user_id = 1 AND target_id = 2`,
			[]string{
				"I2 follow of user 2 by user 1, changed 2 times: expected not following, found following",
				"I4 activity follow 1 2: expected version 2, present, of user 1 for user 2, found version 1, present, of user 1 for user 2",
			}, false},
		{"a follow of nobody", relation, `INSERT INTO counts VALUES (78, 0, 0)`,
			[]string{"I10 user 78, named in relation.counts: expected an account, found none"}, false},
		{"works", video, `UPDATE authors SET works = 1 WHERE author_id = 1`,
			[]string{"I3 works of user 1: expected 2, found 1"}, false},
		{"a published upload is open", video, `UPDATE uploads SET video_id = 102`,
			[]string{"I8 upload of video 102: expected gone, as it is published, found still open"}, false},
		{"a video without bytes", video, `UPDATE videos SET source_size = 0 WHERE id = 102`,
			[]string{"I8 object of video 102: expected a size above 0, found 0 in parts of 4"}, false},
		{"two videos at one time", video, `ALTER TABLE videos DROP INDEX videos_published; UPDATE videos SET published_at_ms = 1700000000101 WHERE id < 104`,
			[]string{"I9 videos published at 1700000000101: expected 1, found 3"}, true},
		{"a video of nobody", video, `INSERT INTO authors VALUES (79, 0)`,
			[]string{"I10 user 79, named in video.authors: expected an account, found none"}, false},
		{"two videos at one time in the feed", video, `ALTER TABLE videos DROP INDEX videos_shown; UPDATE videos SET shown_at_ms = 7 WHERE id < 103`,
			[]string{"I9 videos in the feed at 7: expected 1, found 2"}, true},
		{"a message is missing", chat, `DELETE FROM messages WHERE seq = 2`,
			[]string{"I5 messages between 1 and 2: expected numbers 1 to 3, found 2 messages with numbers 1 to 3"}, false},
		{"the first message is missing", chat, `DELETE FROM messages WHERE seq = 1`,
			[]string{"I5 messages between 1 and 2: expected numbers 1 to 3, found 2 messages with numbers 2 to 3"}, false},
		{"a message is not counted", chat, `INSERT INTO messages VALUES (1, 2, 4, 304, 2, 'late', NULL, 1004)`,
			[]string{"I5 messages between 1 and 2: expected numbers 1 to 3, found 4 messages with numbers 1 to 4"}, false},
		{"two messages of one time", chat, `UPDATE messages SET created_at_ms = 1001 WHERE seq = 2`,
			[]string{"I5 time of message 2 between 1 and 2: expected after 1001, found 1001"}, false},
		{"another newest message", chat, `UPDATE conversations SET last_content = 'bye?', last_ms = 1002`,
			[]string{"I5 newest message between 1 and 2: expected message 303 of user 1 at 1003, 3 characters, found message 303 of user 1 at 1002, 4 characters, another text"}, false},
		{"messages of no conversation", chat, `INSERT INTO messages VALUES (1, 3, 1, 305, 3, 'x', NULL, 1)`,
			[]string{"I5 message 305: expected a conversation between 1 and 3, found none"}, false},
		{"a message of a third user", chat, `UPDATE messages SET from_id = 3 WHERE seq = 1`,
			[]string{"I5 writer of message 301: expected user 1 or 2, found user 3"}, false},
		{"a conversation in the wrong order", chat, `INSERT INTO conversations (low_id, high_id) VALUES (3, 2)`,
			[]string{"I5 conversation between 3 and 2: expected the smaller id first, found the larger id first"}, false},
		{"a message to nobody", chat, `INSERT INTO conversations (low_id, high_id) VALUES (3, 80)`,
			[]string{"I10 user 80, named in chat.conversations: expected an account, found none"}, false},
		{"two users of one key", user, `ALTER TABLE users DROP INDEX users_name_key; UPDATE users SET name_key = 'amy' WHERE id = 2`,
			[]string{"I10 accounts of the name amy: expected 1, found 2"}, true},
		{"two users of one name", user, `UPDATE users SET name = ' aMY' WHERE id = 2`,
			[]string{`I10 name " aMY": expected user 1 alone, found user 2 too`}, false},
		{"a user cannot log in", user, `DELETE FROM credentials WHERE user_id = 3`,
			[]string{"I1 user 3: expected a password, found none"}, false},
		{"a password of nobody", user, `INSERT INTO credentials VALUES (81, 'h')`,
			[]string{"I10 password of user 81: expected an account, found none"}, false},
		{"a session of nobody", user, `INSERT INTO sessions VALUES ('S3', 82, 1)`,
			[]string{"I10 sessions of user 82: expected an account, found none"}, false},
		{"an activity is missing", user, `DELETE FROM activities WHERE subject = 'like:2:101'`,
			[]string{"I4 activity like 2 101: expected version 3, present, of user 2 for user 1, found none"}, false},
		{"an old activity that was taken back is deleted", user, `DELETE FROM activities WHERE subject = 'like:2:102'`, nil, false},
		{"a new activity that was taken back is missing", interaction, `INSERT INTO likes VALUES (3, 102, 1, FALSE, 2, UNIX_TIMESTAMP() * 1000)`,
			[]string{"I4 activity like 3 102: expected version 2, taken back, of user 3 for user 1, found none"}, false},
		{"an activity of nothing", user, `UPDATE activities SET subject = 'comment:299' WHERE subject = 'comment:201'`,
			[]string{
				"I4 activity comment 201: expected version 1, present, of user 2 for user 1, found none",
				"I4 activity comment 299: expected none, found version 1, present, of user 2 for user 1",
			}, false},
		{"an ended follow is shown", user, `UPDATE activities SET present = TRUE WHERE subject = 'follow:1:3'`,
			[]string{"I4 activity follow 1 3: expected version 2, taken back, of user 1 for user 3, found version 2, present, of user 1 for user 3"}, false},
		{"a wrong number of the newest activity", user, `UPDATE activity_marks SET last_id = 8 WHERE user_id = 1`,
			[]string{"I5 newest activity of user 1: expected 8, found 7"}, false},
		{"a read position after the end", user, `UPDATE activity_marks SET read_id = 3 WHERE user_id = 3`,
			[]string{"I5 read position of user 3: expected 0 to 1, found 3"}, false},
	}
}

func testEachViolationInRowsIsFound(t *testing.T, d opsharness.Databases) {
	for _, b := range slices.Concat(breakages(), videoBreakages()) {
		t.Run(b.name, func(t *testing.T) {
			databases := d
			if b.schema {
				databases = opsharness.NewDatabases(t)
			}
			h := newHarness(t, databases)
			h.Exec(t, b.service, b.statement)
			report := run(t, h.onlyRows())
			if b.name == "a video waits for hours" { // the text ends with a duration
				wantBeginning(t, report, b.want[0])
				return
			}
			wantViolations(t, report, b.want...)
			if report.OK() != (len(b.want) == 0) {
				t.Errorf("the report is OK: %t", report.OK())
			}
		})
	}
}

// waiting adds an event to an outbox.
func (h *harness) waiting(t *testing.T, service, topic, subject string, version int64, since time.Time) {
	t.Helper()
	h.Exec(t, service, `INSERT INTO outbox (event_id, topic, subject, version, occurred_at_ms, traceparent, data)
		VALUES (SUBSTRING(MD5(RAND()), 1, 26), ?, ?, ?, ?, '', '{}')`, topic, subject, version, since.UnixMilli())
}

func testUnpublishedEvents(t *testing.T, d opsharness.Databases) {
	h := newHarness(t, d)
	h.waiting(t, "interaction", "interaction.liked", "like:1:101", 1, time.Now())
	o := h.onlyRows()
	wantBeginning(t, run(t, o), "I4 events of interaction that are not published: expected none after 200ms, found 1, the oldest waiting for ")
	o.Settle = 0
	wantViolations(t, run(t, o))
	h.waiting(t, "interaction", "interaction.liked", "like:1:103", 1, time.Now().Add(-2*time.Minute))
	wantBeginning(t, run(t, o), "I4 events of interaction that are not published: expected none older than 1m0s, found 2, the oldest waiting for 2m")
}

// wantBeginning expects one violation, whose line has a variable end.
func wantBeginning(t *testing.T, report audit.Report, want string) {
	t.Helper()
	if len(report.Violations) != 1 || !strings.HasPrefix(report.Violations[0].String(), want) {
		t.Errorf("found %q, want %q", report.Violations, want)
	}
}

// Events that are published in time are no violation, nor are events that are
// added meanwhile.
func testEventsPublishedInTime(t *testing.T, d opsharness.Databases) {
	h := newHarness(t, d)
	h.waiting(t, "relation", "relation.followed", "follow:1:2", 1, time.Now())
	o := h.onlyRows()
	o.Settle = 30 * time.Second
	published := make(chan struct{})
	go func() {
		defer close(published)
		select {
		case <-t.Context().Done():
		case <-time.After(100 * time.Millisecond):
		}
		h.waiting(t, "relation", "relation.followed", "follow:2:1", 1, time.Now())
		h.Exec(t, "relation", `DELETE FROM outbox WHERE subject = 'follow:1:2'`)
	}()
	start := time.Now()
	wantViolations(t, run(t, o))
	<-published
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("waited %s for events that were published at once", took)
	}
}

func testEventsAgainstRows(t *testing.T, d opsharness.Databases) {
	for name, test := range map[string]struct {
		service, topic, subject string
		versions                []int64
		want                    string
	}{
		"a lost like":                {"interaction", "interaction.unliked", "like:1:101", []int64{2}, "of like:1:101: expected version 2 or later, found version 1"},
		"a like of no row":           {"interaction", "interaction.liked", "like:9:9", []int64{1}, "of like:9:9: expected version 1 or later, found no row"},
		"a lost deletion":            {"interaction", "interaction.uncommented", "comment:201", []int64{2}, "of comment:201: expected version 2 or later, found version 1"},
		"a lost follow":              {"relation", "relation.followed", "follow:3:1", []int64{4}, "of follow:3:1: expected version 4 or later, found version 3"},
		"a lost message":             {"chat", "chat.message-sent", "chat:1:2", []int64{4}, "of chat:1:2: expected version 4 or later, found version 3"},
		"a lost processing":          {"video", "video.ready", "video:101", []int64{2}, "of video:101: expected version 2 or later, found version 1"},
		"an upload of no row":        {"video", "video.uploaded", "video:99", []int64{1}, "of video:99: expected version 1 or later, found no row"},
		"a deleted video":            {"video", "video.deleted", "video:106", []int64{3}, ""},
		"a lost deletion of a video": {"video", "video.deleted", "video:105", []int64{2}, "of video:105: expected version 2 or later, found version 1"},
		"events out of order":        {"relation", "relation.followed", "follow:3:1", []int64{2, 1}, "of follow:3:1: expected a version after 2, found version 1"},
		"an event twice":             {"chat", "chat.message-sent", "chat:1:2", []int64{3, 3}, "of chat:1:2: expected a version after 3, found version 3"},
		"events in order":            {"chat", "chat.message-sent", "chat:1:2", []int64{1, 2, 3}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, d)
			for _, version := range test.versions {
				h.waiting(t, test.service, test.topic, test.subject, version, time.Now())
			}
			o := h.onlyRows()
			o.Settle = 0
			report := run(t, o)
			if test.want == "" {
				wantViolations(t, report)
				return
			}
			if len(report.Violations) != 1 || !strings.HasSuffix(report.Violations[0].String(), test.want) {
				t.Errorf("found %q, want %q", report.Violations, test.want)
			}
		})
	}
}

func testDeadLetters(t *testing.T, d opsharness.Databases) {
	h := newHarness(t, d)
	h.Exec(t, "user", `INSERT INTO dead_letters (id, event_id, topic, source_topic, payload, received_at_ms) VALUES (5, 'E1', 'dead-letters.user', 'interaction.liked', '{}', 1700000000000)`)
	o := h.onlyRows()
	wantViolations(t, run(t, o), `I4 dead letter 5 of user: expected none, found event E1 of topic "interaction.liked" since 2023-11-14T22:13:20Z`)
	o.AllowDeadLetters = true
	report := run(t, o)
	wantViolations(t, report)
	if !slices.Contains(report.Notes, `dead letter 5 of user: event E1 of topic "interaction.liked" since 2023-11-14T22:13:20Z`) {
		t.Errorf("notes %q", report.Notes)
	}
}
