package httpapi

import (
	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
	"github.com/douyin-on-dapr/douyin/gateway/internal/upload"
)

type publishedReply struct {
	request.Head
	VideoID int64 `json:"video_id"` // 0 in a refusal
}

func emptyPublished() request.Reply { return &publishedReply{} }

type invitationReply struct {
	request.Head
	upload.Invitation
}

func emptyInvitation() request.Reply {
	return &invitationReply{Invitation: upload.Invitation{Parts: []upload.MissingPart{}}}
}

// publish stores a video that comes as a form. After its answer the video is in
// the list of its author; it enters the feed when it has been processed.
func (a *api) publish(r *request.Request) (request.Reply, error) {
	id, err := a.Uploads.Receive(r)
	if err != nil {
		return nil, err
	}
	return &publishedReply{VideoID: id}, nil
}

// publishBegin opens a direct upload of size bytes, or resumes that of video_id:
// it lists the missing parts with fresh addresses.
func (a *api) publishBegin(r *request.Request) (request.Reply, error) {
	if a.Direct == nil {
		return nil, upload.ErrDirectUnavailable
	}
	id, err := r.Params.ID("video_id")
	if err != nil {
		return nil, err
	}
	if id != 0 {
		return invite(a.Direct.Resume(r.Context(), r.Viewer.UserID, id))
	}
	if _, err := r.Params.Required("size"); err != nil {
		return nil, err
	}
	size, err := r.Params.ID("size")
	if err != nil {
		return nil, err
	}
	return invite(a.Direct.Begin(r.Context(), r.Viewer.UserID, size))
}

func invite(in upload.Invitation, err error) (request.Reply, error) {
	if err != nil {
		return nil, err
	}
	return &invitationReply{Invitation: in}, nil
}

// publishComplete makes a video of a direct upload. It may be repeated after any
// failure.
func (a *api) publishComplete(r *request.Request) (request.Reply, error) {
	id, err := r.Params.RequiredID("video_id")
	if err != nil {
		return nil, err
	}
	title, err := upload.Title(r.Params)
	if err != nil {
		return nil, err
	}
	if a.Direct == nil {
		return nil, upload.ErrDirectUnavailable
	}
	if err := a.Direct.Complete(r.Context(), r.Viewer.UserID, id, title); err != nil {
		return nil, err
	}
	return &publishedReply{VideoID: id}, nil
}
