package httpapi

import (
	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
)

type commentReply struct {
	status
	Comment *compose.Comment `json:"comment,omitempty"` // the one answer without it is that of a deletion
}

type commentsReply struct {
	status
	Comments   []compose.Comment `json:"comment_list"`
	NextCursor string            `json:"next_cursor"` // "" at the end
}

func emptyComments() reply { return &commentsReply{Comments: []compose.Comment{}} }

func emptyComment() reply { return &commentReply{} }

// commentAction posts a comment (action_type 1) or deletes one's own (2). The
// answer to a post is complete: the client puts it into its list as it is.
func (a *api) commentAction(x *exchange) (reply, error) {
	video, err := x.params.requiredID("video_id")
	if err != nil {
		return nil, err
	}
	post, err := x.params.action()
	if err != nil {
		return nil, err
	}
	if post {
		return a.postComment(x, video)
	}
	return a.deleteComment(x, video)
}

func (a *api) postComment(x *exchange, video int64) (reply, error) {
	content, err := x.params.required("comment_text")
	if err != nil {
		return nil, err
	}
	requestID, err := x.params.text("request_id")
	if err != nil {
		return nil, err
	}
	comment, err := a.Composed.PostComment(x.ctx, &interactionv1.PostCommentRequest{
		UserId: x.viewer.UserID, VideoId: video, Content: content, RequestId: requestID,
	})
	if err != nil {
		return nil, err
	}
	return &commentReply{Comment: &comment}, nil
}

func (a *api) deleteComment(x *exchange, video int64) (reply, error) {
	id, err := x.params.requiredID("comment_id")
	if err != nil {
		return nil, err
	}
	_, err = a.Interactions.DeleteComment(x.ctx, &interactionv1.DeleteCommentRequest{
		UserId: x.viewer.UserID, VideoId: video, CommentId: id,
	})
	if err != nil {
		return nil, err
	}
	return emptyComment(), nil
}

// commentList shows the comments of a video, newest first.
func (a *api) commentList(x *exchange) (reply, error) {
	video, err := x.params.requiredID("video_id")
	if err != nil {
		return nil, err
	}
	page, err := x.params.page()
	if err != nil {
		return nil, err
	}
	before, err := idCursor(page.Cursor)
	if err != nil {
		return nil, err
	}
	list, err := a.Composed.Comments(x.ctx, x.viewer.UserID, video, before, page.Limit)
	if err != nil {
		return nil, err
	}
	return &commentsReply{Comments: list.Entries, NextCursor: list.Next}, nil
}
