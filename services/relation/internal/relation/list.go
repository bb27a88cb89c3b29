package relation

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// List answers a page of one of the lists, the most recent follow first, and
// the cursor of the page after it, which is "" at the end.
func (s *Service) List(ctx context.Context, r Relation, userID, viewerID int64, cursor string, limit int) ([]Facts, string, error) {
	const op = "relation.List"
	if userID <= 0 || viewerID < 0 {
		return nil, "", errs.Wrap(op, ErrIDInvalid)
	}
	after, err := parseCursor(cursor)
	if err != nil {
		return nil, "", errs.Wrap(op, err)
	}
	if limit <= 0 || limit > MaxPage {
		limit = MaxPage
	}
	// One more than asked tells whether there is a page after this one.
	entries, err := s.Store.List(ctx, r, Query{UserID: userID, ViewerID: viewerID, After: after, Limit: limit + 1})
	if err != nil {
		return nil, "", errs.Wrap(op, err)
	}
	next := ""
	if len(entries) > limit {
		entries = entries[:limit]
		next = entries[limit-1].Place.cursor()
	}
	facts := make([]Facts, len(entries))
	for i, entry := range entries {
		facts[i] = entry.Facts
	}
	return facts, next, nil
}

// Lookup tells of many users at once what this service knows, in the order
// asked, each id once; a user that it never heard of has zeros.
func (s *Service) Lookup(ctx context.Context, userIDs []int64, viewerID int64) ([]Facts, error) {
	const op = "relation.Lookup"
	distinct, err := distinctIDs(userIDs)
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	if len(distinct) == 0 {
		return nil, nil
	}
	var found []Facts
	if len(distinct) == 1 && viewerID == 0 {
		var one Facts
		one, err = s.counts(ctx, distinct[0])
		found = []Facts{one}
	} else {
		found, err = s.Store.Lookup(ctx, distinct, viewerID)
	}
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	byID := make(map[int64]Facts, len(found))
	for _, facts := range found {
		byID[facts.UserID] = facts
	}
	all := make([]Facts, len(distinct))
	for i, id := range distinct {
		all[i] = byID[id]
		all[i].UserID = id
	}
	return all, nil
}

// counts answers for one user, as a profile page asks, through the hot
// document.
func (s *Service) counts(ctx context.Context, userID int64) (Facts, error) {
	return s.Hot.LoadCounts(ctx, userID, func(ctx context.Context) (Facts, error) {
		found, err := s.Store.Lookup(ctx, []int64{userID}, 0)
		if err != nil || len(found) == 0 {
			return Facts{UserID: userID}, err
		}
		return found[0], nil
	})
}

// FollowSet answers whom a user follows, through the hot document.
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

// distinctIDs keeps the first of each id.
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

// cursor writes a place for the caller to bring back.
func (p Place) cursor() string {
	return strconv.FormatInt(p.ChangedAtMS, 10) + "-" + strconv.FormatInt(p.UserID, 10)
}

func parseCursor(text string) (Place, error) {
	if text == "" {
		return Place{}, nil
	}
	ms, id, _ := strings.Cut(text, "-")
	changed, msErr := strconv.ParseInt(ms, 10, 64)
	user, idErr := strconv.ParseInt(id, 10, 64)
	if msErr != nil || idErr != nil || changed <= 0 || user <= 0 {
		return Place{}, ErrCursor
	}
	return Place{ChangedAtMS: changed, UserID: user}, nil
}
