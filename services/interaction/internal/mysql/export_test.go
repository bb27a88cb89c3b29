package mysql

// The queries whose plans are tested.
const (
	ListLiked    = listLiked
	LikeSet      = likeSet
	ListComments = listComments
	LikersOf     = likersOf
	CommentsOf   = commentsOf
	ClaimPurge   = claimPurge

	LockSomeLikes      = lockSomeLikes
	CommentsByRequest  = commentsByRequest
	DeletedVideos      = deletedVideos
	LockLikes          = lockLikes
	Unlike             = unlike
	SubtractUserCounts = subtractUserCounts
	LockComments       = lockComments
	DeleteComments     = markCommentsDeleted
)
