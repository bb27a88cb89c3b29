package httpapi

import (
	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
)

type commentReply struct {
	request.Head
	Comment *compose.Comment `json:"comment,omitempty"` // the one answer without it is that of a deletion
}

type commentsReply struct {
	request.Head
	Comments   []compose.Comment `json:"comment_list"`
	NextCursor string            `json:"next_cursor"` // "" at the end
}

func emptyComments() request.Reply { return &commentsReply{Comments: []compose.Comment{}} }

func emptyComment() request.Reply { return &commentReply{} }

// commentAction posts a comment (action_type 1) or deletes one's own (2). The
// answer to a post is complete: the client puts it into its list as it is.
func (a *api) commentAction(r *request.Request) (request.Reply, error) {
	video, err := r.Params.RequiredID("video_id")
	if err != nil {
		return nil, err
	}
	post, err := r.Params.Switch()
	if err != nil {
		return nil, err
	}
	if post {
		return a.postComment(r, video)
	}
	return a.deleteComment(r, video)
}

func (a *api) postComment(r *request.Request, video int64) (request.Reply, error) {
	content, err := r.Params.Required("comment_text")
	if err != nil {
		return nil, err
	}
	requestID, err := r.Params.Text("request_id")
	if err != nil {
		return nil, err
	}
	comment, err := a.Composer.PostComment(r.Context(), &interactionv1.PostCommentRequest{
		UserId: r.Viewer.UserID, VideoId: video, Content: content, RequestId: requestID,
	})
	if err != nil {
		return nil, err
	}
	return &commentReply{Comment: &comment}, nil
}

func (a *api) deleteComment(r *request.Request, video int64) (request.Reply, error) {
	id, err := r.Params.RequiredID("comment_id")
	if err != nil {
		return nil, err
	}
	_, err = a.Interactions.DeleteComment(r.Context(), &interactionv1.DeleteCommentRequest{
		UserId: r.Viewer.UserID, VideoId: video, CommentId: id,
	})
	if err != nil {
		return nil, err
	}
	return emptyComment(), nil
}

// commentList shows the comments of a video, newest first.
func (a *api) commentList(r *request.Request) (request.Reply, error) {
	video, err := r.Params.RequiredID("video_id")
	if err != nil {
		return nil, err
	}
	page, err := pageOf(r)
	if err != nil {
		return nil, err
	}
	before, err := numericCursor(page.Cursor)
	if err != nil {
		return nil, err
	}
	list, err := a.Composer.Comments(r.Context(), r.Viewer.UserID, video, before, page.Limit)
	if err != nil {
		return nil, err
	}
	return &commentsReply{Comments: list.Entries, NextCursor: list.Next}, nil
}
