package httpapi

import (
	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
)

// favorite likes a video (action_type 1) or ends the like (2). Repeating either
// is success: the client likes again what it likes already.
func (a *api) favorite(r *request.Request) (request.Reply, error) {
	video, err := r.Params.RequiredID("video_id")
	if err != nil {
		return nil, err
	}
	liked, err := r.Params.Switch()
	if err != nil {
		return nil, err
	}
	_, err = a.Interactions.SetLike(r.Context(), &interactionv1.SetLikeRequest{
		UserId: r.Viewer.UserID, VideoId: video, Liked: liked,
	})
	if err != nil {
		return nil, err
	}
	return emptyStatus(), nil
}

// favoriteList shows what a user likes, the most recent like first. Flags are
// the viewer's, not the user's.
func (a *api) favoriteList(r *request.Request) (request.Reply, error) {
	id, err := subject(r)
	if err != nil {
		return nil, err
	}
	page, err := pageOf(r)
	if err != nil {
		return nil, err
	}
	list, err := a.Composer.Liked(r.Context(), r.Viewer.UserID, id, page)
	if err != nil {
		return nil, err
	}
	return &videosReply{Videos: list.Entries, NextCursor: list.Next}, nil
}
