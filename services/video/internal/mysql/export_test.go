package mysql

// The queries whose plans the tests check.
const (
	NewestQuery   = newestQuery
	ByAuthorQuery = byAuthorQuery
	OwnQuery      = ownQuery
	ClaimQuery    = claimQuery
	DueQuery      = dueQuery
	RemovalQuery  = removalQuery
	FailedQuery   = failedQuery
)
