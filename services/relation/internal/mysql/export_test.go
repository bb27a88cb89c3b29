package mysql

// The queries whose plans are tested.
const (
	ListFollows   = listFollows
	ListFollowers = listFollowers
	ListFriends   = listFriends
	FollowIDs     = listFollowIDs
	FollowerIDs   = listFollowerIDs
	FriendIDs     = listFriendIDs
	FollowSet     = followSet
	AreFriends    = areFriends
	LockFollows   = lockFollows
)
