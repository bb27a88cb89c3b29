package audit_test

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/audit"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/opsharness"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
)

// Writers that keep the data consistent change everything while audits run. No
// audit may find a violation.
func testNoFalseAlarmUnderTraffic(t *testing.T, d opsharness.Databases) {
	h := newHarness(t, d)
	api := &rowsAPI{harness: h}
	delete(h.hot.entries, hotv1.AuthorWorksKey(3)) // no writer renews these
	delete(h.hot.entries, hotv1.ChatWindowKey(1, 2))
	var stopped atomic.Bool
	var writers sync.WaitGroup
	var renewing sync.Mutex // as the state store's versions keep a rebuild from overtaking a change
	work := func(step func(ctx context.Context) error) {
		writers.Go(func() {
			for !stopped.Load() {
				if err := step(t.Context()); err != nil {
					t.Errorf("writer: %v", err)
					return
				}
			}
		})
	}
	for range 2 {
		work(func(ctx context.Context) error { return h.flipLike(ctx, t, &renewing) })
	}
	sent := 0
	work(func(ctx context.Context) error { // a video now and then: each makes the feed longer
		if sent++; sent%20 == 0 {
			return h.publish(ctx)
		}
		return h.send(ctx)
	})
	o := h.onlyRows()
	o.Hot, o.API, o.Staleness, o.Settle, o.Sample = h.hot, api, time.Second, time.Second, 3
	var reports []audit.Report
	for range 2 {
		reports = append(reports, run(t, o))
	}
	stopped.Store(true)
	writers.Wait()
	for _, report := range reports {
		wantViolations(t, report)
	}
	if moved := h.Number(t, "interaction", `SELECT SUM(version) FROM likes`); moved < 20 {
		t.Errorf("only %d changes of likes", moved)
	}
	wantViolations(t, run(t, o)) // the data is still consistent
}

// inTx runs statements, each with its arguments, in one transaction.
func inTx(ctx context.Context, db *sql.DB, statements ...[]any) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s[0].(string), s[1:]...); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

// flipLike changes a like of user 2 or 3 for video 101 of user 1 with its counts,
// invalidates and renews the documents, and then changes the activity.
func (h *harness) flipLike(ctx context.Context, t *testing.T, renewing *sync.Mutex) error {
	renewing.Lock()
	defer renewing.Unlock()
	actor := 2 + rand.Int64N(2)
	var liked bool
	var version, given, received int64
	db := h.DBs["interaction"]
	if err := db.QueryRowContext(ctx, `SELECT liked, version FROM likes WHERE user_id = ? AND video_id = 101`, actor).Scan(&liked, &version); err != nil {
		return err
	}
	step := 1
	if liked {
		step = -1
	}
	err := inTx(ctx, db,
		[]any{`UPDATE likes SET liked = NOT liked, version = version + 1 WHERE user_id = ? AND video_id = 101`, actor},
		[]any{`UPDATE user_counts SET received = received + ? WHERE user_id = 1`, step},
		[]any{`UPDATE user_counts SET given = given + ? WHERE user_id = ?`, step, actor},
		[]any{`UPDATE video_counts SET likes = likes + ? WHERE video_id = 101`, step},
	)
	if err != nil {
		return err
	}
	// Here the document is older than the rows for a moment.
	h.hot.invalidate(t, hotv1.UserLikesKey(1))
	if err := db.QueryRowContext(ctx, `SELECT given, received FROM user_counts WHERE user_id = 1`).Scan(&given, &received); err != nil {
		return err
	}
	h.hot.put(t, hotv1.UserLikesKey(1), &hotv1.UserLikes{Given: given, Received: received})
	subject := "like:" + strconv.FormatInt(actor, 10) + ":101"
	return inTx(ctx, h.DBs["user"],
		[]any{`UPDATE activity_marks SET last_id = last_id + 1 WHERE user_id = 1`},
		[]any{`UPDATE activities SET id = (SELECT last_id FROM activity_marks WHERE user_id = 1), version = ?, present = ? WHERE subject = ?`, version + 1, !liked, subject})
}

// send writes the next message of the conversation.
func (h *harness) send(ctx context.Context) error {
	var seq int64
	db := h.DBs["chat"]
	if err := db.QueryRowContext(ctx, `SELECT last_seq + 1 FROM conversations`).Scan(&seq); err != nil {
		return err
	}
	return inTx(ctx, db,
		[]any{`INSERT INTO messages VALUES (1, 2, ?, ?, 2, 'x', NULL, ?)`, seq, 300 + seq, 1000 + seq},
		[]any{`UPDATE conversations SET last_seq = ?, last_ms = ?, last_id = ?, last_from_id = 2, last_content = 'x'`, seq, 1000 + seq, 300 + seq})
}

// publish adds a video and counts it.
func (h *harness) publish(ctx context.Context) error {
	var id int64
	db := h.DBs["video"]
	if err := db.QueryRowContext(ctx, `SELECT GREATEST(MAX(id), 1000) + 1 FROM videos`).Scan(&id); err != nil {
		return err
	}
	return inTx(ctx, db,
		[]any{`UPDATE authors SET works = works + 1 WHERE author_id = 3`},
		[]any{`INSERT INTO videos (id, author_id, title, published_at_ms, shown_at_ms, state, source_key, source_size, source_part_size, source_sha256, source_content_type, play_key)
			VALUES (?, 3, 'new', ?, ?, 2, ?, 1, 1, REPEAT('x', 32), 'video/mp4', ?)`, id, opsharness.PublishedAt(id), opsharness.ShownAt(id), strconv.FormatInt(id, 10), strconv.FormatInt(id, 10)})
}

// rowsAPI answers from the rows at the moment of the request.
type rowsAPI struct{ *harness }

var _ audit.API = (*rowsAPI)(nil)

func (r *rowsAPI) Get(ctx context.Context, path string, query url.Values) (audit.Answer, error) {
	number := func(name string) int64 {
		n, _ := strconv.ParseInt(query.Get(name), 10, 64) // absent is 0
		return n
	}
	user, before := number("user_id"), number("latest_time")
	var answer audit.Answer
	switch path {
	case "/douyin/feed/":
		return r.feed(ctx, before)
	case "/douyin/user/":
		u := &answer.User
		u.ID = user
		return answer, errors.Join(
			r.one(ctx, "interaction", `SELECT given, received FROM user_counts WHERE user_id = ?`, user, &u.Given, &u.Received),
			r.one(ctx, "relation", `SELECT follows, followers FROM counts WHERE user_id = ?`, user, &u.Follows, &u.Followers),
			r.one(ctx, "video", `SELECT works FROM authors WHERE author_id = ?`, user, &u.Works))
	case "/douyin/publish/list/":
		var err error
		answer.Videos, err = r.videos(ctx, `SELECT id, published_at_ms FROM videos WHERE author_id = ? AND state = 2 ORDER BY published_at_ms DESC`, user)
		for i := range answer.Videos {
			v := &answer.Videos[i]
			err = errors.Join(err, r.one(ctx, "interaction", `SELECT likes, comments FROM video_counts WHERE video_id = ?`, v.ID, &v.Likes, &v.Comments))
		}
		return answer, err
	case "/douyin/favorite/list/":
		var err error
		answer.Videos, err = r.list(ctx, "interaction", `SELECT video_id, 0 FROM likes WHERE user_id = ? AND liked ORDER BY changed_at_ms DESC, video_id DESC`, user)
		return answer, err
	default:
		return newAPIFake().Get(ctx, path, query)
	}
}

func (r *rowsAPI) feed(ctx context.Context, before int64) (answer audit.Answer, err error) {
	if before == 0 {
		before = 1 << 60
	}
	older := `SELECT id, shown_at_ms FROM videos WHERE shown_at_ms < ? ORDER BY shown_at_ms DESC LIMIT 30`
	if answer.Videos, err = r.videos(ctx, older, before); err != nil || len(answer.Videos) == 0 {
		answer.Videos, err = r.videos(ctx, older, 1<<60)
	}
	if err == nil {
		answer.Next = opsharness.ShownAt(answer.Videos[len(answer.Videos)-1].ID)
	}
	return answer, err
}

func (r *rowsAPI) videos(ctx context.Context, query string, arg int64) ([]audit.VideoSeen, error) {
	return r.list(ctx, "video", query, arg)
}

func (r *rowsAPI) list(ctx context.Context, service, query string, arg int64) (videos []audit.VideoSeen, err error) {
	rows, err := r.DBs[service].QueryContext(ctx, query, arg)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var v audit.VideoSeen
		var at int64
		if err := rows.Scan(&v.ID, &at); err != nil {
			return nil, err
		}
		videos = append(videos, v)
	}
	return videos, rows.Err()
}

func (r *rowsAPI) one(ctx context.Context, service, query string, arg int64, to ...any) error {
	err := r.DBs[service].QueryRowContext(ctx, query, arg).Scan(to...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}
