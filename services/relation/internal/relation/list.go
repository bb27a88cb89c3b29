package relation

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// List returns a page of one of the lists, the most recent follow first, and the
// cursor of the next page, which is "" at the end. The query's After is replaced
// by the cursor; its Limit may be 0 for MaxPage.
func (s *Service) List(ctx context.Context, r Relation, q Query, cursor string) ([]Stats, string, error) {
	const op = "relation.List"
	if q.UserID <= 0 || q.ViewerID < 0 {
		return nil, "", errs.Wrap(op, ErrIDInvalid)
	}
	var err error
	if q.After, err = parseCursor(cursor); err != nil {
		return nil, "", errs.Wrap(op, err)
	}
	limit := q.Limit
	if limit <= 0 || limit > MaxPage {
		limit = MaxPage
	}
	q.Limit = limit + 1 // one more entry than requested shows whether another page follows
	entries, err := s.Store.List(ctx, r, q)
	if err != nil {
		return nil, "", errs.Wrap(op, err)
	}
	next := ""
	if len(entries) > limit {
		entries = entries[:limit]
		next = entries[limit-1].Cursor.encode()
	}
	stats := make([]Stats, len(entries))
	for i, entry := range entries {
		stats[i] = entry.Stats
		stats[i].ListedSinceMS = entry.Cursor.ChangedAtMS
	}
	return stats, next, nil
}

// Lookup returns the stats of many users, in the order of the ids and each id
// once. The stats of unknown users are zero.
func (s *Service) Lookup(ctx context.Context, userIDs []int64, viewerID int64) ([]Stats, error) {
	const op = "relation.Lookup"
	distinct, err := distinctIDs(userIDs)
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	if len(distinct) == 0 {
		return nil, nil
	}
	var found []Stats
	if len(distinct) == 1 && viewerID == 0 {
		var one Stats
		one, err = s.counts(ctx, distinct[0])
		found = []Stats{one}
	} else {
		found, err = s.Store.Lookup(ctx, distinct, viewerID)
	}
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	byID := make(map[int64]Stats, len(found))
	for _, stats := range found {
		byID[stats.UserID] = stats
	}
	all := make([]Stats, len(distinct))
	for i, id := range distinct {
		all[i] = byID[id]
		all[i].UserID = id
	}
	return all, nil
}

// counts returns the stats of one user, as a profile page needs them, through the
// hot document.
func (s *Service) counts(ctx context.Context, userID int64) (Stats, error) {
	return s.Hot.LoadCounts(ctx, userID, func(ctx context.Context) (Stats, error) {
		found, err := s.Store.Lookup(ctx, []int64{userID}, 0)
		if err != nil || len(found) == 0 {
			return Stats{UserID: userID}, err
		}
		return found[0], nil
	})
}

// FollowSet returns the users that a user follows, through the hot document.
func (s *Service) FollowSet(ctx context.Context, userID int64) (Set, error) {
	const op = "relation.FollowSet"
	if userID <= 0 {
		return Set{}, errs.Wrap(op, ErrIDInvalid)
	}
	set, err := s.Hot.LoadSet(ctx, userID, func(ctx context.Context) (Set, error) {
		ids, err := s.Store.FollowSet(ctx, userID, MaxSet+1)
		if err != nil {
			return Set{}, err
		}
		if len(ids) > MaxSet {
			return Set{UserIDs: ids[:MaxSet], Capped: true}, nil
		}
		return Set{UserIDs: ids}, nil
	})
	return set, errs.Wrap(op, err)
}

// distinctIDs removes duplicates and keeps the order.
func distinctIDs(ids []int64) ([]int64, error) {
	if len(ids) > MaxIDs {
		return nil, ErrTooMany
	}
	distinct := make([]int64, 0, len(ids))
	seen := make(map[int64]struct{}, len(ids))
	for _, id := range ids {
		if id <= 0 {
			return nil, ErrIDInvalid
		}
		if _, again := seen[id]; !again {
			seen[id] = struct{}{}
			distinct = append(distinct, id)
		}
	}
	return slices.Clip(distinct), nil
}

// encode returns the text form of a cursor, which parseCursor reads.
func (c Cursor) encode() string {
	return strconv.FormatInt(c.ChangedAtMS, 10) + "-" + strconv.FormatInt(c.UserID, 10)
}

func parseCursor(text string) (Cursor, error) {
	if text == "" {
		return Cursor{}, nil
	}
	ms, id, _ := strings.Cut(text, "-")
	changed, msErr := strconv.ParseInt(ms, 10, 64)
	user, idErr := strconv.ParseInt(id, 10, 64)
	if msErr != nil || idErr != nil || changed <= 0 || user <= 0 {
		return Cursor{}, ErrCursor
	}
	return Cursor{ChangedAtMS: changed, UserID: user}, nil
}
