package video

import (
	"slices"
	"strings"
)

// Bounds of what an attempt may reserve. They keep the row, and the time that
// its removal takes, in measure.
const (
	maxOutputs     = 5_000   // objects
	maxOutputParts = 100_000 // of all objects together
	maxOutputNames = 1 << 20 // bytes, as they are stored
	maxKey         = 100     // bytes
	nameOverhead   = 32      // bytes that are stored beside each key, at most
)

// checkOutputs refuses names of objects that an attempt may not write, and
// returns them as they are kept. How many parts a whole object has is not the
// worker's to say.
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

// plainName takes a path of small letters, digits, dashes and underscores, in
// which no element is empty: nothing that leads out of a folder.
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
