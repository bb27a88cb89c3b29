package video

import (
	"slices"
	"strings"
)

// Bounds of the outputs of an attempt. They limit the size of the row and the time
// of the removal.
const (
	maxOutputs     = 5_000   // objects
	maxOutputParts = 100_000 // of all objects together
	maxOutputNames = 1 << 20 // bytes as stored
	maxKey         = 100     // bytes
	nameOverhead   = 32      // maximum of other stored bytes per key
)

// checkOutputs returns the extents to store, or ErrOutputsInvalid if the attempt may
// not write one of them. A whole object has one part, whatever the worker sent.
func checkOutputs(prefix string, layout Layout, named []Extent) ([]Extent, error) {
	if len(named) == 0 || len(named) > maxOutputs {
		return nil, ErrOutputsInvalid
	}
	extents := slices.Clone(named)
	seen := make(map[string]bool, len(extents))
	size, count := 0, 0
	for i := range extents {
		if layout == LayoutWhole {
			extents[i].Parts = 1
		}
		e := extents[i]
		name, inside := strings.CutPrefix(e.Key, prefix)
		if !inside || !plainName(name) || len(e.Key) > maxKey || seen[e.Key] || e.Parts < 1 || e.Parts > maxOutputParts {
			return nil, ErrOutputsInvalid
		}
		seen[e.Key] = true
		size += len(e.Key) + nameOverhead
		count += e.Parts
	}
	if size > maxOutputNames || count > maxOutputParts {
		return nil, ErrOutputsInvalid
	}
	return extents, nil
}

// plainName reports whether a path consists of lower-case letters, digits, dashes
// and underscores, without empty elements. Such a path cannot leave its folder.
func plainName(name string) bool {
	for element := range strings.SplitSeq(name, "/") {
		if element == "" {
			return false
		}
		for _, r := range element {
			if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
				return false
			}
		}
	}
	return true
}
