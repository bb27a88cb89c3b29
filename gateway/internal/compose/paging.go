package compose

// MaxPage is the maximum number of entries in one answer. The old client does not
// page: of a longer list it shows the newest entries.
const MaxPage = 1000

// PageRequest selects a page of a list.
type PageRequest struct {
	Cursor string // from the previous page; "" starts at the newest
	Limit  int32  // 0: MaxPage
}

// List is a page of a list. Entries is never nil: the client crashes on a null
// list.
type List[T any] struct {
	Entries []T
	Next    string // cursor of the next page, "" at the end
}
