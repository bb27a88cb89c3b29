package user_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/user/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

// counting is a store that counts the queries for profiles.
type counting struct {
	*fake.Store
	queries int
}

func (c *counting) Profiles(ctx context.Context, ids []int64) ([]user.Profile, error) {
	c.queries++
	found, err := c.Store.Profiles(ctx, ids)
	slices.Reverse(found) // the order is not guaranteed
	return found, err
}

func TestProfiles(t *testing.T) {
	h := newHarness()
	a, b, c := h.mustRegister(t, "a", "x").UserID, h.mustRegister(t, "b", "x").UserID, h.mustRegister(t, "c", "x").UserID
	thousand := make([]int64, user.MaxProfiles)
	for i := range thousand {
		thousand[i] = c
	}
	thousand[0] = a
	tests := map[string]struct {
		ask, want       []int64
		queries, stored int
	}{
		"no ids":             {nil, nil, 0, 0},
		"one":                {[]int64{b}, []int64{b}, 1, 1},
		"one, twice":         {[]int64{b, b}, []int64{b}, 1, 1},
		"one unknown":        {[]int64{999}, nil, 1, 0},
		"order of request":   {[]int64{c, a, b}, []int64{c, a, b}, 1, 0},
		"each once":          {[]int64{b, a, b, a}, []int64{b, a}, 1, 0},
		"unknown left out":   {[]int64{999, c, 998, a}, []int64{c, a}, 1, 0},
		"as many as allowed": {thousand, []int64{a, c}, 1, 0},
	}
	for label, test := range tests {
		t.Run(label, func(t *testing.T) {
			store := &counting{Store: h.store}
			h.hot = fake.NewHotProfiles()
			got, err := h.serviceOn(store).Profiles(t.Context(), test.ask)
			if err != nil {
				t.Fatal(err)
			}
			var ids []int64
			for _, profile := range got {
				ids = append(ids, profile.ID)
			}
			if !slices.Equal(ids, test.want) {
				t.Errorf("got %v, want %v", ids, test.want)
			}
			if store.queries != test.queries || h.hot.Stored() != test.stored {
				t.Errorf("%d queries, %d documents, want %d and %d", store.queries, h.hot.Stored(), test.queries, test.stored)
			}
		})
	}
}

func TestProfilesRefuses(t *testing.T) {
	h := newHarness()
	tests := map[string][]int64{
		"zero":     {1, 0},
		"negative": {-1},
		"too many": make([]int64, user.MaxProfiles+1),
	}
	for i := range tests["too many"] {
		tests["too many"][i] = 1 // also if all are the same
	}
	for label, ids := range tests {
		if _, err := h.Profiles(t.Context(), ids); !errors.Is(err, user.ErrIDsInvalid) {
			t.Errorf("%s: %v, want ErrIDsInvalid", label, err)
		}
	}
}

func TestProfilesReportsAStoreThatIsDown(t *testing.T) {
	h := newHarness()
	h.store.FailWith(&errs.Error{Code: errs.Unavailable})
	for _, ids := range [][]int64{{1}, {1, 2}} {
		if _, err := h.Profiles(t.Context(), ids); errs.CodeOf(err) != errs.Unavailable {
			t.Errorf("%v: %v, want unavailable", ids, err)
		}
	}
}

func TestAHotProfileSavesTheQuery(t *testing.T) {
	h := newHarness()
	id := h.mustRegister(t, "amy", "x").UserID
	store := &counting{Store: h.store}
	service := h.serviceOn(store)
	for range 2 {
		if got, err := service.Profiles(t.Context(), []int64{id}); err != nil || len(got) != 1 || got[0].Name != "amy" {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	if store.queries != 1 {
		t.Errorf("%d queries, want 1", store.queries)
	}
}
