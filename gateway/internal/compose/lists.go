package compose

import (
	"context"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
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
	writer, err := c.card(ctx, nobody, in.GetUserId())
	if err != nil {
		return Comment{}, err
	}
	answer, err := c.interactions.PostComment(ctx, in)
	if err != nil {
		return Comment{}, err
	}
	return comment(answer.GetComment(), newUser(c.links, in.GetUserId(), writer)), nil
}

// Comments returns the comments of a video, newest first, with their writers as the
// viewer (0: nobody) sees them.
func (c *Composer) Comments(ctx context.Context, viewerID, videoID, beforeID int64, limit int32) (List[Comment], error) {
	answer, err := c.interactions.ListComments(ctx, &interactionv1.ListCommentsRequest{
		VideoId: videoID, BeforeId: beforeID, Limit: limit,
	})
	if err != nil {
		return List[Comment]{}, err
	}
	writers := newUserBatch(answer.GetWriters(), (*interactionv1.UserFacts).GetUserId)
	writers.likes(answer.GetWriters())
	if err := c.load(ctx, writers, loadProfiles, loadWorks, loadRelations(viewerID)); err != nil {
		return List[Comment]{}, err
	}
	list := List[Comment]{Entries: make([]Comment, 0, len(answer.GetComments()))}
	for _, posted := range answer.GetComments() {
		writer := posted.GetUserId()
		list.Entries = append(list.Entries, comment(posted, newUser(c.links, writer, writers.cards[writer])))
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
	list := c.relations.ListFollows
	if which == Followers {
		list = c.relations.ListFollowers
	}
	answer, err := list(ctx, &relationv1.ListRequest{
		UserId: userID, ViewerId: viewerID, Cursor: page.Cursor, Limit: page.Limit,
	})
	if err != nil {
		return List[User]{}, err
	}
	users := newUserBatch(answer.GetUsers(), (*relationv1.UserFacts).GetUserId)
	users.relations(answer.GetUsers())
	if err := c.load(ctx, users, loadProfiles, loadWorks, loadLikes); err != nil {
		return List[User]{}, err
	}
	related := List[User]{Entries: make([]User, 0, len(users.ids)), Next: answer.GetNextCursor()}
	for _, id := range users.ids {
		related.Entries = append(related.Entries, newUser(c.links, id, users.cards[id]))
	}
	return related, nil
}

// Liked returns the videos that a user likes, the most recent like first, as the
// viewer (0: nobody) sees them.
func (c *Composer) Liked(ctx context.Context, viewerID, userID int64, page PageRequest) (List[Video], error) {
	answer, err := c.interactions.ListLiked(ctx, &interactionv1.ListLikedRequest{
		UserId: userID, ViewerId: viewerID, Cursor: page.Cursor, Limit: page.Limit,
	})
	if err != nil {
		return List[Video]{}, err
	}
	list := List[Video]{Entries: make([]Video, 0, len(answer.GetVideos())), Next: answer.GetNextCursor()}
	if len(answer.GetVideos()) == 0 {
		return list, nil
	}
	ids := make([]int64, len(answer.GetVideos()))
	for i, liked := range answer.GetVideos() {
		ids[i] = liked.GetFacts().GetVideoId()
	}
	authors := newUserBatch(answer.GetAuthors(), (*interactionv1.UserFacts).GetUserId)
	authors.likes(answer.GetAuthors())
	var found *videov1.GetVideosResponse
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		found, err = c.videos.GetVideos(ctx, &videov1.GetVideosRequest{VideoIds: ids, WithWorks: true})
		return err
	})
	both.Go(func() error { return c.load(ctx, authors, loadProfiles, loadRelations(viewerID)) })
	if err := both.Wait(); err != nil {
		return List[Video]{}, err
	}
	authors.works(found.GetWorks())
	byID := make(map[int64]*videov1.Video, len(ids))
	for _, v := range found.GetVideos() {
		byID[v.GetId()] = v
	}
	for _, liked := range answer.GetVideos() {
		v := byID[liked.GetFacts().GetVideoId()]
		if v.GetState() != videov1.State_STATE_READY {
			continue // deleted; its likes will be deleted soon
		}
		author := newUser(c.links, v.GetAuthorId(), authors.cards[v.GetAuthorId()])
		list.Entries = append(list.Entries, newVideo(c.links, v, author, liked.GetFacts()))
	}
	return list, nil
}
