package mysql

import (
	"context"
	"math"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/relation/internal/relation"
)

// Each page is one statement, whatever its length. It includes the counts of the
// users and whether the viewer follows them. FORCE INDEX (PRIMARY) finds the
// viewer's own follow by the full primary key; without it a server may read all
// follows of the viewer for each row.
const (
	listFollows = `SELECT f.target_id AS user_id, f.changed_at_ms,
  COALESCE(c.follows, 0) AS follows, COALESCE(c.followers, 0) AS followers, COALESCE(v.following, FALSE) AS followed
FROM follows f
LEFT JOIN counts c ON c.user_id = f.target_id
LEFT JOIN follows v FORCE INDEX (PRIMARY) ON v.user_id = ? AND v.target_id = f.target_id
WHERE f.user_id = ? AND f.following = TRUE AND f.changed_at_ms <= ? AND (f.changed_at_ms < ? OR f.target_id < ?)
ORDER BY f.changed_at_ms DESC, f.target_id DESC LIMIT ?`
	listFollowers = `SELECT f.user_id, f.changed_at_ms,
  COALESCE(c.follows, 0) AS follows, COALESCE(c.followers, 0) AS followers, COALESCE(v.following, FALSE) AS followed
FROM follows f
LEFT JOIN counts c ON c.user_id = f.user_id
LEFT JOIN follows v FORCE INDEX (PRIMARY) ON v.user_id = ? AND v.target_id = f.user_id
WHERE f.target_id = ? AND f.following = TRUE AND f.changed_at_ms <= ? AND (f.changed_at_ms < ? OR f.user_id < ?)
ORDER BY f.changed_at_ms DESC, f.user_id DESC LIMIT ?`
	listFriends = `SELECT f.target_id AS user_id, f.changed_at_ms,
  COALESCE(c.follows, 0) AS follows, COALESCE(c.followers, 0) AS followers, COALESCE(v.following, FALSE) AS followed
FROM follows f
JOIN follows b FORCE INDEX (PRIMARY) ON b.user_id = f.target_id AND b.target_id = f.user_id AND b.following = TRUE
LEFT JOIN counts c ON c.user_id = f.target_id
LEFT JOIN follows v FORCE INDEX (PRIMARY) ON v.user_id = ? AND v.target_id = f.target_id
WHERE f.user_id = ? AND f.following = TRUE AND f.changed_at_ms <= ? AND (f.changed_at_ms < ? OR f.target_id < ?)
ORDER BY f.changed_at_ms DESC, f.target_id DESC LIMIT ?`
	// The same lists without counts: each reads one range of one covering index;
	// friends also look up the follow back.
	listFollowIDs = `SELECT f.target_id AS user_id, f.changed_at_ms FROM follows f
WHERE f.user_id = ? AND f.following = TRUE AND f.changed_at_ms <= ? AND (f.changed_at_ms < ? OR f.target_id < ?)
ORDER BY f.changed_at_ms DESC, f.target_id DESC LIMIT ?`
	listFollowerIDs = `SELECT f.user_id, f.changed_at_ms FROM follows f
WHERE f.target_id = ? AND f.following = TRUE AND f.changed_at_ms <= ? AND (f.changed_at_ms < ? OR f.user_id < ?)
ORDER BY f.changed_at_ms DESC, f.user_id DESC LIMIT ?`
	listFriendIDs = `SELECT f.target_id AS user_id, f.changed_at_ms FROM follows f
JOIN follows b FORCE INDEX (PRIMARY) ON b.user_id = f.target_id AND b.target_id = f.user_id AND b.following = TRUE
WHERE f.user_id = ? AND f.following = TRUE AND f.changed_at_ms <= ? AND (f.changed_at_ms < ? OR f.target_id < ?)
ORDER BY f.changed_at_ms DESC, f.target_id DESC LIMIT ?`
	lookup = `SELECT c.user_id, c.follows, c.followers, COALESCE(v.following, FALSE) AS followed
FROM counts c
LEFT JOIN follows v FORCE INDEX (PRIMARY) ON v.user_id = ? AND v.target_id = c.user_id
WHERE c.user_id IN (?)`
	// Reads in the order of the primary key, and never more rows than the limit.
	followSet  = `SELECT target_id FROM follows FORCE INDEX (PRIMARY) WHERE user_id = ? AND following = TRUE ORDER BY target_id LIMIT ?`
	areFriends = `SELECT COUNT(*) FROM follows WHERE following = TRUE AND ((user_id = ? AND target_id = ?) OR (user_id = ? AND target_id = ?))`
)

// statsRow is one user of a list or a lookup.
type statsRow struct {
	UserID      int64 `db:"user_id"`
	Follows     int64 `db:"follows"`
	Followers   int64 `db:"followers"`
	Followed    bool  `db:"followed"`
	ChangedAtMS int64 `db:"changed_at_ms"`
}

func (r statsRow) stats() relation.Stats {
	return relation.Stats{UserID: r.UserID, Follows: r.Follows, Followers: r.Followers, Followed: r.Followed}
}

// List implements relation.Store.
func (s *Store) List(ctx context.Context, r relation.Relation, q relation.Query) ([]relation.Entry, error) {
	const op = "mysql.List"
	query, args := listQuery(r, q.WithoutCounts), []any{q.ViewerID}
	if q.WithoutCounts {
		args = nil
	}
	after := q.After
	if after == (relation.Cursor{}) {
		after = relation.Cursor{ChangedAtMS: math.MaxInt64, UserID: math.MaxInt64}
	}
	var rows []statsRow
	args = append(args, q.UserID, after.ChangedAtMS, after.ChangedAtMS, after.UserID, q.Limit)
	err := s.db.SelectContext(ctx, &rows, query, args...)
	if err != nil {
		return nil, sqldb.Wrap(op, err)
	}
	entries := make([]relation.Entry, len(rows))
	for i, row := range rows {
		entries[i] = relation.Entry{
			Stats:  row.stats(),
			Cursor: relation.Cursor{ChangedAtMS: row.ChangedAtMS, UserID: row.UserID},
		}
	}
	return entries, nil
}

// listQuery returns the statement of a list. The one with counts takes the viewer
// as its first argument.
func listQuery(r relation.Relation, withoutCounts bool) string {
	switch {
	case r == relation.Follows && withoutCounts:
		return listFollowIDs
	case r == relation.Follows:
		return listFollows
	case r == relation.Followers && withoutCounts:
		return listFollowerIDs
	case r == relation.Followers:
		return listFollowers
	case withoutCounts:
		return listFriendIDs
	}
	return listFriends
}

// Lookup implements relation.Store. A user without a row never followed anyone
// and was never followed, so the viewer does not follow them either.
func (s *Store) Lookup(ctx context.Context, userIDs []int64, viewerID int64) ([]relation.Stats, error) {
	const op = "mysql.Lookup"
	if len(userIDs) == 0 {
		return nil, nil
	}
	query, args, err := sqlx.In(lookup, viewerID, userIDs)
	if err != nil {
		return nil, sqldb.Wrap(op, err)
	}
	var rows []statsRow
	if err := s.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, sqldb.Wrap(op, err)
	}
	stats := make([]relation.Stats, len(rows))
	for i, row := range rows {
		stats[i] = row.stats()
	}
	return stats, nil
}

// FollowSet implements relation.Store.
func (s *Store) FollowSet(ctx context.Context, userID int64, limit int) ([]int64, error) {
	var ids []int64
	err := s.db.SelectContext(ctx, &ids, followSet, userID, limit)
	return ids, sqldb.Wrap("mysql.FollowSet", err)
}

// AreFriends implements relation.Store.
func (s *Store) AreFriends(ctx context.Context, a, b int64) (bool, error) {
	var directions int
	err := s.db.GetContext(ctx, &directions, areFriends, a, b, b, a)
	return directions == 2, sqldb.Wrap("mysql.AreFriends", err)
}
