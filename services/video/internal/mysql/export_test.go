package mysql

// The queries whose plans the tests look at.
const (
	NewestQuery   = newestQuery
	ByAuthorQuery = byAuthorQuery
	ClaimQuery    = claimQuery
)
