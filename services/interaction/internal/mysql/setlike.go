package mysql

import (
	"cmp"
	"context"
	"maps"
	"slices"

	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/platform/outbox"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

const (
	// Locks by the primary key. Locking by another index could deadlock with a
	// purge.
	lockSomeLikes = `SELECT user_id, video_id, author_id, liked, version, changed_at_ms FROM likes FORCE INDEX (PRIMARY)
WHERE (user_id, video_id) IN ([(?, ?)]) ORDER BY user_id, video_id FOR UPDATE`
	// Fails if another transaction created a row since it was looked for.
	insertLikes = `INSERT INTO likes (user_id, video_id, author_id, liked, version, changed_at_ms) VALUES [(?, ?, ?, ?, ?, ?)]`
	// For rows that are locked.
	updateLikes = insertLikes + `
ON DUPLICATE KEY UPDATE liked = VALUES(liked), version = VALUES(version), changed_at_ms = VALUES(changed_at_ms)`
)

type likeKey struct{ userID, videoID int64 }

func (k likeKey) compare(other likeKey) int {
	return cmp.Or(cmp.Compare(k.userID, other.userID), cmp.Compare(k.videoID, other.videoID))
}

// like is a row of likes.
type like struct {
	UserID      int64 `db:"user_id"`
	VideoID     int64 `db:"video_id"`
	AuthorID    int64 `db:"author_id"`
	Liked       bool  `db:"liked"`
	Version     int64 `db:"version"`
	ChangedAtMS int64 `db:"changed_at_ms"`
	stored      bool  // the row exists
	changed     bool
}

// lockLikes locks and reads the rows of all likes of the batch.
func (b *batch) lockLikes(ctx context.Context, tx sqldb.Handle) error {
	wanted := map[likeKey]bool{}
	for _, w := range b.writes {
		if w.Like != nil {
			wanted[likeKey{w.Like.UserID, w.Like.VideoID}] = true
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	var args []any
	for _, key := range slices.SortedFunc(maps.Keys(wanted), likeKey.compare) {
		args = append(args, key.userID, key.videoID)
	}
	var rows []*like
	if err := tx.SelectContext(ctx, &rows, sqldb.Repeat(lockSomeLikes, ", ", len(wanted)), args...); err != nil {
		return err
	}
	for _, row := range rows {
		row.stored = true
		b.likes[likeKey{row.UserID, row.VideoID}] = row
	}
	return nil
}

func (b *batch) setLike(c interaction.LikeChange, trace string) interaction.Outcome {
	key := likeKey{c.UserID, c.VideoID}
	row, exists := b.likes[key]
	switch {
	case !exists && !c.Liked, exists && row.Liked == c.Liked:
		return interaction.Outcome{}
	case c.Liked && b.deleted[c.VideoID]:
		return interaction.Outcome{Err: interaction.ErrVideoUnknown}
	}
	if !exists {
		row = &like{UserID: c.UserID, VideoID: c.VideoID, AuthorID: c.AuthorID}
		b.likes[key] = row
	}
	row.Liked, row.ChangedAtMS, row.changed = c.Liked, c.At.UnixMilli(), true
	row.Version++
	topic, delta := eventv1.TopicUnliked, int64(-1)
	if c.Liked {
		topic, delta = eventv1.TopicLiked, 1
	}
	event := likeEvent(topic, row.Version, row.UserID, row.VideoID, row.AuthorID)
	event.TraceParent = trace
	b.events = append(b.events, event)
	b.users[row.UserID] = b.users[row.UserID].plus(userCounts{given: delta})
	b.users[row.AuthorID] = b.users[row.AuthorID].plus(userCounts{received: delta})
	b.videos[row.VideoID] = b.videos[row.VideoID].plus(videoCounts{likes: delta, added: c.Liked})
	return interaction.Outcome{Changed: true, Version: row.Version}
}

// storeLikes writes the changed rows by ascending key.
func (b *batch) storeLikes(ctx context.Context, tx sqldb.Handle) error {
	var inserts, updates []any
	for _, key := range slices.SortedFunc(maps.Keys(b.likes), likeKey.compare) {
		row := b.likes[key]
		values := []any{row.UserID, row.VideoID, row.AuthorID, row.Liked, row.Version, row.ChangedAtMS}
		switch {
		case !row.changed:
		case row.stored:
			updates = append(updates, values...)
		default:
			inserts = append(inserts, values...)
		}
	}
	if err := execRows(ctx, tx, insertLikes, 6, inserts); err != nil {
		return err
	}
	return execRows(ctx, tx, updateLikes, 6, updates)
}

// execRows runs a statement for rows of so many values, if there are any.
func execRows(ctx context.Context, tx sqldb.Handle, statement string, columns int, values []any) error {
	if len(values) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, sqldb.Repeat(statement, ", ", len(values)/columns), values...)
	return err
}

func likeEvent(topic string, version, userID, videoID, authorID int64) outbox.Event {
	return outbox.Event{
		Topic:   topic,
		Subject: eventv1.LikeSubject(userID, videoID),
		Version: version,
		Data:    &eventv1.Liked{UserId: userID, VideoId: videoID, AuthorId: authorID},
	}
}
