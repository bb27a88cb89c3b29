package compose

import "slices"

// idSet answers whether it contains the ids of one page.
type idSet struct {
	ids    []int64        // ascending
	capped bool           // the set is larger than ids
	extra  map[int64]bool // answers beyond a capped set
}

func (s *idSet) has(id int64) bool {
	if _, found := slices.BinarySearch(s.ids, id); found {
		return true
	}
	return s.extra[id]
}

// missing returns the ids that a capped set cannot answer.
func (s *idSet) missing(ids []int64) []int64 {
	if !s.capped {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(ids), s.has)
}
