package fake

import (
	"context"
	"slices"
	"sync"

	"google.golang.org/grpc"

	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Relations is a relation service.
type Relations struct {
	Calls
	SetCap int // ids in a follow set; 0 is no cap

	mu      sync.Mutex
	follows []pair
}

// SetFollow keeps a set.
func (r *Relations) SetFollow(_ context.Context, in *relationv1.SetFollowRequest, _ ...grpc.CallOption) (*relationv1.SetFollowResponse, error) {
	if err := r.note("SetFollow"); err != nil {
		return nil, err
	}
	if in.GetUserId() == in.GetTargetId() {
		return nil, errs.New(errs.Invalid, relationv1.ReasonSelfFollow, "you cannot follow yourself")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	changed := setPair(&r.follows, pair{in.GetUserId(), in.GetTargetId()}, in.GetFollowing())
	return &relationv1.SetFollowResponse{Changed: changed}, nil
}

// ListFollows answers everything, the most recent first.
func (r *Relations) ListFollows(_ context.Context, in *relationv1.ListRequest, _ ...grpc.CallOption) (*relationv1.ListResponse, error) {
	return r.list("ListFollows", in, func(p pair) (int64, bool) { return p.to, p.from == in.GetUserId() })
}

// ListFollowers answers everything, the most recent first.
func (r *Relations) ListFollowers(_ context.Context, in *relationv1.ListRequest, _ ...grpc.CallOption) (*relationv1.ListResponse, error) {
	return r.list("ListFollowers", in, func(p pair) (int64, bool) { return p.from, p.to == in.GetUserId() })
}

// ListFriends answers everything, the most recent first.
func (r *Relations) ListFriends(_ context.Context, in *relationv1.ListRequest, _ ...grpc.CallOption) (*relationv1.ListResponse, error) {
	return r.list("ListFriends", in, func(p pair) (int64, bool) {
		return p.to, p.from == in.GetUserId() && slices.Contains(r.follows, pair{p.to, p.from})
	})
}

func (r *Relations) list(method string, in *relationv1.ListRequest, pick func(pair) (int64, bool)) (*relationv1.ListResponse, error) {
	if err := r.note(method); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	out := &relationv1.ListResponse{}
	for _, p := range slices.Backward(r.follows) {
		if id, listed := pick(p); listed {
			out.Users = append(out.Users, r.user(id, in.GetViewerId()))
		}
	}
	return out, nil
}

// Lookup answers in the order of the request.
func (r *Relations) Lookup(_ context.Context, in *relationv1.LookupRequest, _ ...grpc.CallOption) (*relationv1.LookupResponse, error) {
	if err := r.note("Lookup"); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	out := &relationv1.LookupResponse{}
	for _, id := range in.GetUserIds() {
		out.Users = append(out.Users, r.user(id, in.GetViewerId()))
	}
	return out, nil
}

// GetFollowSet answers at most SetCap ids.
func (r *Relations) GetFollowSet(_ context.Context, in *relationv1.GetFollowSetRequest, _ ...grpc.CallOption) (*relationv1.GetFollowSetResponse, error) {
	if err := r.note("GetFollowSet"); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	ids, capped := setOf(r.follows, in.GetUserId(), r.SetCap)
	return &relationv1.GetFollowSetResponse{UserIds: ids, Capped: capped}, nil
}

func (r *Relations) user(id, viewer int64) *relationv1.UserFacts {
	facts := &relationv1.UserFacts{UserId: id, Followed: slices.Contains(r.follows, pair{viewer, id})}
	for _, p := range r.follows {
		if p.from == id {
			facts.Follows++
		}
		if p.to == id {
			facts.Followers++
		}
	}
	return facts
}
