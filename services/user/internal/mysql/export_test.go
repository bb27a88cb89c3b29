package mysql

// The queries whose plans are tested.
const (
	ListActivities = listActivities
	CountUnread    = countUnread
)
