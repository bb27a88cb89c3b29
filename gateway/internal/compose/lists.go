package compose

import (
	"context"
	"strconv"
	"time"

	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
)

// Comment is a comment as the client knows it.
type Comment struct {
	ID         int64  `json:"id"`
	User       User   `json:"user"`
	Content    string `json:"content"`
	CreateDate string `json:"create_date"` // MM-DD, of its creation
	LikeCount  int64  `json:"like_count"`  // shown by the client; always 0, like the next field
	TeaseCount int64  `json:"tease_count"`
}

// zone is the time zone of dates: the client prints them unchanged.
func zone() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

func comment(c *interactionv1.Comment, writer User) Comment {
	return Comment{
		ID: c.GetId(), User: writer, Content: c.GetContent(),
		CreateDate: time.UnixMilli(c.GetCreatedAtMs()).In(zone()).Format("01-02"),
	}
}

// PostComment posts a comment and returns it with its writer. It loads the writer
// first: if that failed after the comment was posted, the client would see an
// error and post the comment again.
func (c *Composer) PostComment(ctx context.Context, in *interactionv1.PostCommentRequest) (Comment, error) {
	writer, err := c.cards.one(ctx, in.GetUserId())
	if err != nil {
		return Comment{}, err
	}
	answer, err := c.interactions.PostComment(ctx, in)
	if err != nil {
		return Comment{}, err
	}
	return comment(answer.GetComment(), writer), nil
}

// Comments returns the comments of a video, newest first, with their writers as the
// viewer (0: nobody) sees them.
func (c *Composer) Comments(ctx context.Context, viewerID, videoID, beforeID int64, limit int32) (List[Comment], error) {
	followed := c.followedBy(ctx, viewerID)
	answer, err := c.interactions.ListComments(ctx, &interactionv1.ListCommentsRequest{
		VideoId: videoID, BeforeId: beforeID, Limit: limit, WithoutWriters: true,
	})
	if err != nil {
		return List[Comment]{}, err
	}
	ids := make([]int64, len(answer.GetComments()))
	for i, posted := range answer.GetComments() {
		ids[i] = posted.GetUserId()
	}
	writers, err := c.cards.users(ctx, viewerID, ids, followed)
	if err != nil {
		return List[Comment]{}, err
	}
	list := List[Comment]{Entries: make([]Comment, len(ids))}
	for i, posted := range answer.GetComments() {
		list.Entries[i] = comment(posted, writers[i])
	}
	if answer.GetNextBeforeId() > 0 {
		list.Next = strconv.FormatInt(answer.GetNextBeforeId(), 10)
	}
	return list, nil
}

// Relation selects one of the lists of users around a user.
type Relation int

// The lists.
const (
	Follows   Relation = iota // whom the user follows
	Followers                 // who follows the user
)

// Related returns the users of such a list, the most recent follow first, as the
// viewer (0: nobody) sees them.
func (c *Composer) Related(ctx context.Context, which Relation, viewerID, userID int64, page PageRequest) (List[User], error) {
	list, followed := c.relations.ListFollows, follows(allFollowed)
	if which == Followers {
		list = c.relations.ListFollowers
	}
	if which == Followers || viewerID != userID {
		followed = c.followedBy(ctx, viewerID)
	}
	answer, err := list(ctx, &relationv1.ListRequest{
		UserId: userID, Cursor: page.Cursor, Limit: page.Limit, WithoutCounts: true,
	})
	if err != nil {
		return List[User]{}, err
	}
	users, err := c.cards.users(ctx, viewerID, related(answer.GetUsers()), followed)
	return List[User]{Entries: users, Next: answer.GetNextCursor()}, err
}

func related(users []*relationv1.UserFacts) []int64 {
	ids := make([]int64, len(users))
	for i, u := range users {
		ids[i] = u.GetUserId()
	}
	return ids
}
