package mysql

// The queries whose plans are tested.
const (
	ListActivities = listActivities
	CountUnread    = countUnread
	PruneSessions  = pruneSessions
	TakenBack      = takenBack
	LongLists      = longLists
	OldestKept     = oldestKept
	OldestEntries  = oldestEntries
)
