package compose

import (
	"context"
	"slices"

	"google.golang.org/grpc"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/hotstate"
)

// lenient returns peers for pages and lists, which are worth showing without exact
// counts. While a service does not answer, counts are those of its last answer, or
// 0, and profiles are the last ones if all of them are known. Other calls fail as
// usual. close ends the caches.
func lenient(p peers) (all peers, close func()) {
	users := &lenientUsers{Users: p.users, profiles: newLastKnown[*userv1.Profile]()}
	videos := &lenientVideos{Videos: p.videos, works: newLastKnown[int64]()}
	interactions := &lenientInteractions{Interactions: p.interactions, hot: p.hot,
		videos: newLastKnown[videoCounts](), users: newLastKnown[likeCounts]()}
	relations := &lenientRelations{Relations: p.relations, hot: p.hot, users: newLastKnown[followCounts]()}
	p.users, p.videos, p.interactions, p.relations = users, videos, interactions, relations
	return p, func() {
		users.profiles.close()
		videos.works.close()
		interactions.videos.close()
		interactions.users.close()
		relations.users.close()
	}
}

type lenientUsers struct {
	Users
	outage   outage
	profiles lastKnown[*userv1.Profile]
}

// GetProfiles waits for the service unless the last profiles of all users are
// known.
func (u *lenientUsers) GetProfiles(ctx context.Context, in *userv1.GetProfilesRequest, opts ...grpc.CallOption) (*userv1.GetProfilesResponse, error) {
	last := &userv1.GetProfilesResponse{}
	for _, id := range in.GetUserIds() {
		if profile, ok := u.profiles.get(id); ok {
			last.Profiles = append(last.Profiles, profile)
		}
	}
	send := func(ctx context.Context) (*userv1.GetProfilesResponse, error) {
		return u.Users.GetProfiles(ctx, in, opts...)
	}
	var answer *userv1.GetProfilesResponse
	var err error
	if len(last.GetProfiles()) == len(in.GetUserIds()) {
		if answer, err = try(ctx, &u.outage, send); unanswered(ctx, err) {
			return last, nil
		}
	} else {
		answer, err = send(ctx)
	}
	for _, profile := range answer.GetProfiles() {
		u.profiles.keep(profile.GetId(), profile)
	}
	return answer, err
}

type lenientVideos struct {
	Videos
	outage outage
	works  lastKnown[int64]
}

func (v *lenientVideos) CountWorks(ctx context.Context, in *videov1.CountWorksRequest, opts ...grpc.CallOption) (*videov1.CountWorksResponse, error) {
	answer, err := try(ctx, &v.outage, func(ctx context.Context) (*videov1.CountWorksResponse, error) {
		return v.Videos.CountWorks(ctx, in, opts...)
	})
	if unanswered(ctx, err) {
		answer, err = &videov1.CountWorksResponse{}, nil
		for _, id := range in.GetUserIds() {
			works, _ := v.works.get(id)
			answer.Counts = append(answer.Counts, &videov1.WorkCount{UserId: id, Works: works})
		}
		return answer, nil
	}
	for _, count := range answer.GetCounts() {
		v.works.keep(count.GetUserId(), count.GetWorks())
	}
	return answer, err
}

type (
	videoCounts struct{ likes, comments int64 }
	likeCounts  struct{ given, received int64 }
)

type lenientInteractions struct {
	Interactions
	hot    Hot
	outage outage
	videos lastKnown[videoCounts]
	users  lastKnown[likeCounts]
}

// Lookup fails if it cannot know what the viewer likes: a video that the viewer
// just liked must not look as if the like was lost.
func (i *lenientInteractions) Lookup(ctx context.Context, in *interactionv1.LookupRequest, opts ...grpc.CallOption) (*interactionv1.LookupResponse, error) {
	answer, err := try(ctx, &i.outage, func(ctx context.Context) (*interactionv1.LookupResponse, error) {
		return i.Interactions.Lookup(ctx, in, opts...)
	})
	if unanswered(ctx, err) {
		return i.last(ctx, in, err)
	}
	for _, v := range answer.GetVideos() {
		i.videos.keep(v.GetVideoId(), videoCounts{v.GetLikes(), v.GetComments()})
	}
	for _, u := range answer.GetUsers() {
		i.users.keep(u.GetUserId(), likeCounts{u.GetLikesGiven(), u.GetLikesReceived()})
	}
	return answer, err
}

func (i *lenientInteractions) last(ctx context.Context, in *interactionv1.LookupRequest, cause error) (*interactionv1.LookupResponse, error) {
	var likes idSet
	if viewer := in.GetViewerId(); viewer != nobody {
		key := hotv1.LikeSetKey(viewer)
		doc, ok := hotstate.Read[*hotv1.LikeSet](i.hot.Snapshot(ctx, key), key)
		likes = idSet{ids: doc.GetVideoIds(), capped: doc.GetCapped()}
		if !ok || len(likes.missing(in.GetVideoIds())) > 0 {
			return nil, cause
		}
	}
	answer := &interactionv1.LookupResponse{}
	for _, id := range in.GetVideoIds() {
		counts, _ := i.videos.get(id)
		answer.Videos = append(answer.Videos, &interactionv1.VideoFacts{
			VideoId: id, Likes: counts.likes, Comments: counts.comments, Liked: likes.has(id),
		})
	}
	for _, id := range in.GetUserIds() {
		counts, _ := i.users.get(id)
		answer.Users = append(answer.Users, &interactionv1.UserFacts{UserId: id, LikesGiven: counts.given, LikesReceived: counts.received})
	}
	return answer, nil
}

// GetLikeSet returns an empty set while the service does not answer.
func (i *lenientInteractions) GetLikeSet(ctx context.Context, in *interactionv1.GetLikeSetRequest, opts ...grpc.CallOption) (*interactionv1.GetLikeSetResponse, error) {
	answer, err := try(ctx, &i.outage, func(ctx context.Context) (*interactionv1.GetLikeSetResponse, error) {
		return i.Interactions.GetLikeSet(ctx, in, opts...)
	})
	if unanswered(ctx, err) {
		return &interactionv1.GetLikeSetResponse{}, nil
	}
	return answer, err
}

type followCounts struct{ follows, followers int64 }

type lenientRelations struct {
	Relations
	hot    Hot
	outage outage
	users  lastKnown[followCounts]
}

func (r *lenientRelations) Lookup(ctx context.Context, in *relationv1.LookupRequest, opts ...grpc.CallOption) (*relationv1.LookupResponse, error) {
	answer, err := try(ctx, &r.outage, func(ctx context.Context) (*relationv1.LookupResponse, error) {
		return r.Relations.Lookup(ctx, in, opts...)
	})
	if unanswered(ctx, err) {
		return r.last(ctx, in), nil
	}
	for _, u := range answer.GetUsers() {
		r.users.keep(u.GetUserId(), followCounts{u.GetFollows(), u.GetFollowers()})
	}
	return answer, err
}

// last takes the flags from the hot document of the viewer, if it exists.
func (r *lenientRelations) last(ctx context.Context, in *relationv1.LookupRequest) *relationv1.LookupResponse {
	var followed []int64
	if viewer := in.GetViewerId(); viewer != nobody {
		key := hotv1.FollowSetKey(viewer)
		if doc, ok := hotstate.Read[*hotv1.FollowSet](r.hot.Snapshot(ctx, key), key); ok {
			followed = doc.GetUserIds()
		}
	}
	answer := &relationv1.LookupResponse{}
	for _, id := range in.GetUserIds() {
		counts, _ := r.users.get(id)
		_, follows := slices.BinarySearch(followed, id)
		answer.Users = append(answer.Users, &relationv1.UserFacts{
			UserId: id, Follows: counts.follows, Followers: counts.followers, Followed: follows,
		})
	}
	return answer
}

// GetFollowSet returns an empty set while the service does not answer.
func (r *lenientRelations) GetFollowSet(ctx context.Context, in *relationv1.GetFollowSetRequest, opts ...grpc.CallOption) (*relationv1.GetFollowSetResponse, error) {
	answer, err := try(ctx, &r.outage, func(ctx context.Context) (*relationv1.GetFollowSetResponse, error) {
		return r.Relations.GetFollowSet(ctx, in, opts...)
	})
	if unanswered(ctx, err) {
		return &relationv1.GetFollowSetResponse{}, nil
	}
	return answer, err
}
