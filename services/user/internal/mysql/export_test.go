package mysql

// The queries whose plans the tests look at.
const (
	ListActivities = listActivities
	CountUnread    = countUnread
)
