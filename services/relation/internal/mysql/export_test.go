package mysql

// The queries whose plans are tested.
const (
	ListFollows   = listFollows
	ListFollowers = listFollowers
	ListFriends   = listFriends
	FollowSet     = followSet
	AreFriends    = areFriends
	LockFollows   = lockFollows
)
