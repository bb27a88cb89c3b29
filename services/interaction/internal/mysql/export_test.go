package mysql

// The queries whose plans are tested.
const (
	ListLiked    = listLiked
	LikeSet      = likeSet
	ListComments = listComments
	ByRequest    = commentByRequest
	LikersOf     = likersOf
	CommentsOf   = commentsOf
	ClaimPurge   = claimPurge

	LockLikes          = lockLikes
	Unlike             = unlike
	SubtractUserCounts = subtractUserCounts
	LockComments       = lockComments
	DeleteComments     = markCommentsDeleted
)
