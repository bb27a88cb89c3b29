package httpapi

import (
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
)

// favorite likes a video (action_type 1) or ends the like (2). Repeating either
// is success: the client likes again what it likes already.
func (a *api) favorite(x *exchange) (reply, error) {
	video, err := x.params.requiredID("video_id")
	if err != nil {
		return nil, err
	}
	liked, err := x.params.action()
	if err != nil {
		return nil, err
	}
	_, err = a.Interactions.SetLike(x.ctx, &interactionv1.SetLikeRequest{
		UserId: x.viewer.UserID, VideoId: video, Liked: liked,
	})
	if err != nil {
		return nil, err
	}
	return emptyStatus(), nil
}

// favoriteList shows what a user likes, the most recent like first. Flags are
// the viewer's, not the user's.
func (a *api) favoriteList(x *exchange) (reply, error) {
	id, err := x.subject()
	if err != nil {
		return nil, err
	}
	page, err := x.params.page()
	if err != nil {
		return nil, err
	}
	list, err := a.Composed.Liked(x.ctx, x.viewer.UserID, id, page)
	if err != nil {
		return nil, err
	}
	return &videosReply{Videos: list.Entries, NextCursor: list.Next}, nil
}
