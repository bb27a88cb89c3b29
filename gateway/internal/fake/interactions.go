package fake

import (
	"context"
	"slices"
	"sync"

	"google.golang.org/grpc"

	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// pair is a like (user, video) or a follow (user, target).
type pair struct{ from, to int64 }

// Interactions is an interaction service.
type Interactions struct {
	Calls
	AuthorOf func(videoID int64) int64 // 0: no such video
	SetCap   int                       // ids in a like set; 0 is no cap

	mu       sync.Mutex
	likes    []pair // in the order they were given
	comments []*interactionv1.Comment
}

func (i *Interactions) author(videoID int64) int64 {
	if i.AuthorOf == nil {
		return 0
	}
	return i.AuthorOf(videoID)
}

// SetLike keeps a set.
func (i *Interactions) SetLike(_ context.Context, in *interactionv1.SetLikeRequest, _ ...grpc.CallOption) (*interactionv1.SetLikeResponse, error) {
	if err := i.note("SetLike"); err != nil {
		return nil, err
	}
	if i.author(in.GetVideoId()) == 0 {
		return nil, errs.New(errs.NotFound, interactionv1.ReasonVideoUnknown, "no such video")
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	changed := setPair(&i.likes, pair{in.GetUserId(), in.GetVideoId()}, in.GetLiked())
	return &interactionv1.SetLikeResponse{Changed: changed}, nil
}

func setPair(set *[]pair, p pair, wanted bool) bool {
	at := slices.Index(*set, p)
	switch {
	case wanted == (at >= 0):
		return false
	case wanted:
		*set = append(*set, p)
	default:
		*set = slices.Delete(*set, at, at+1)
	}
	return true
}

// PostComment numbers comments from 1.
func (i *Interactions) PostComment(_ context.Context, in *interactionv1.PostCommentRequest, _ ...grpc.CallOption) (*interactionv1.PostCommentResponse, error) {
	if err := i.note("PostComment"); err != nil {
		return nil, err
	}
	if i.author(in.GetVideoId()) == 0 {
		return nil, errs.New(errs.NotFound, interactionv1.ReasonVideoUnknown, "no such video")
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	comment := &interactionv1.Comment{
		Id: int64(len(i.comments) + 1), VideoId: in.GetVideoId(), UserId: in.GetUserId(), Content: in.GetContent(),
		CreatedAtMs: 1772366400000, // 2026-03-01 20:00 in Shanghai
	}
	i.comments = append(i.comments, comment)
	return &interactionv1.PostCommentResponse{Comment: comment}, nil
}

// DeleteComment knows no owners.
func (i *Interactions) DeleteComment(_ context.Context, in *interactionv1.DeleteCommentRequest, _ ...grpc.CallOption) (*interactionv1.DeleteCommentResponse, error) {
	if err := i.note("DeleteComment"); err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	for at, c := range i.comments {
		if c.GetId() == in.GetCommentId() {
			i.comments = slices.Delete(i.comments, at, at+1)
			return &interactionv1.DeleteCommentResponse{Changed: true}, nil
		}
	}
	return nil, errs.New(errs.NotFound, interactionv1.ReasonCommentUnknown, "no such comment")
}

// ListComments answers one page, newest first.
func (i *Interactions) ListComments(_ context.Context, in *interactionv1.ListCommentsRequest, _ ...grpc.CallOption) (*interactionv1.ListCommentsResponse, error) {
	if err := i.note("ListComments"); err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	out := &interactionv1.ListCommentsResponse{}
	writers := map[int64]bool{}
	for _, c := range slices.Backward(i.comments) {
		if c.GetVideoId() != in.GetVideoId() || (in.GetBeforeId() > 0 && c.GetId() >= in.GetBeforeId()) {
			continue
		}
		if in.GetLimit() > 0 && len(out.Comments) == int(in.GetLimit()) {
			out.NextBeforeId = out.Comments[len(out.Comments)-1].GetId()
			break
		}
		out.Comments = append(out.Comments, c)
		if !writers[c.GetUserId()] {
			writers[c.GetUserId()] = true
			out.Writers = append(out.Writers, i.user(c.GetUserId()))
		}
	}
	return out, nil
}

// ListLiked answers everything, the most recent first.
func (i *Interactions) ListLiked(_ context.Context, in *interactionv1.ListLikedRequest, _ ...grpc.CallOption) (*interactionv1.ListLikedResponse, error) {
	if err := i.note("ListLiked"); err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	out := &interactionv1.ListLikedResponse{}
	authors := map[int64]bool{}
	for _, like := range slices.Backward(i.likes) {
		if like.from != in.GetUserId() {
			continue
		}
		author := i.author(like.to)
		out.Videos = append(out.Videos, &interactionv1.LikedVideo{Facts: i.video(like.to, in.GetViewerId()), AuthorId: author})
		if !authors[author] {
			authors[author] = true
			out.Authors = append(out.Authors, i.user(author))
		}
	}
	return out, nil
}

// Lookup answers in the order of the request.
func (i *Interactions) Lookup(_ context.Context, in *interactionv1.LookupRequest, _ ...grpc.CallOption) (*interactionv1.LookupResponse, error) {
	if err := i.note("Lookup"); err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	out := &interactionv1.LookupResponse{}
	for _, id := range in.GetVideoIds() {
		out.Videos = append(out.Videos, i.video(id, in.GetViewerId()))
	}
	for _, id := range in.GetUserIds() {
		out.Users = append(out.Users, i.user(id))
	}
	return out, nil
}

// GetLikeSet answers at most SetCap ids.
func (i *Interactions) GetLikeSet(_ context.Context, in *interactionv1.GetLikeSetRequest, _ ...grpc.CallOption) (*interactionv1.GetLikeSetResponse, error) {
	if err := i.note("GetLikeSet"); err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	ids, capped := setOf(i.likes, in.GetUserId(), i.SetCap)
	return &interactionv1.GetLikeSetResponse{VideoIds: ids, Capped: capped}, nil
}

func setOf(set []pair, from int64, limit int) (ids []int64, capped bool) {
	for _, p := range set {
		if p.from == from {
			ids = append(ids, p.to)
		}
	}
	slices.Sort(ids)
	if limit > 0 && len(ids) > limit {
		return ids[:limit], true
	}
	return ids, false
}

func (i *Interactions) video(id, viewer int64) *interactionv1.VideoFacts {
	facts := &interactionv1.VideoFacts{VideoId: id, Liked: slices.Contains(i.likes, pair{viewer, id})}
	for _, like := range i.likes {
		if like.to == id {
			facts.Likes++
		}
	}
	for _, c := range i.comments {
		if c.GetVideoId() == id {
			facts.Comments++
		}
	}
	return facts
}

func (i *Interactions) user(id int64) *interactionv1.UserFacts {
	facts := &interactionv1.UserFacts{UserId: id}
	for _, like := range i.likes {
		if like.from == id {
			facts.LikesGiven++
		}
		if i.author(like.to) == id {
			facts.LikesReceived++
		}
	}
	return facts
}
