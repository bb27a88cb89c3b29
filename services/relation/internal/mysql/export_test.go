package mysql

// The queries whose plans the tests look at.
const (
	ListFollows   = listFollows
	ListFollowers = listFollowers
	ListFriends   = listFriends
	FollowSet     = followSet
	AreFriends    = areFriends
)
