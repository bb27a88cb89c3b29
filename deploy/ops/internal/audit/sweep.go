package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Remover takes things out of the store.
type Remover interface {
	// Remove removes a part or a whole object. That there is none is success.
	Remove(ctx context.Context, key string) error
	// Abort ends one upload in pieces, and leaves alone what else there is of the
	// key. That there is none is success.
	Abort(ctx context.Context, key, upload string) error
}

const (
	// defaultStrayAge leaves time to a write that is on its way although its row
	// has just gone.
	defaultStrayAge = 10 * time.Minute

	// videoFolder is what the keys of all objects of videos begin with. The rest
	// of the store is somebody else's.
	videoFolder = "videos/"

	// sweepBatch is how many strays go after one look at the rows.
	sweepBatch = 100
)

// sweep removes strays.
type sweep struct {
	*auditor
	database *database
	objects  int      // that are removed
	uploads  int      // likewise
	first    []string // of both
}

// remove removes the strays that have been reported since it was last called.
// Each counts as a violation until it is gone, or a row names it after all.
func (s *sweep) remove(ctx context.Context) error {
	if s.options.Remover == nil {
		return nil
	}
	settled := map[*Listed]bool{}
	defer func() {
		s.report.Violations = slices.DeleteFunc(s.report.Violations, func(v Violation) bool { return settled[v.stray] })
	}()
	var due []*Violation
	for i := range s.report.Violations {
		if v := &s.report.Violations[i]; v.stray != nil {
			due = append(due, v)
		}
	}
	for batch := range slices.Chunk(due, sweepBatch) {
		now, err := readPlaces(ctx, s.database)
		if err != nil {
			return err
		}
		for _, v := range batch {
			if why := s.settle(ctx, *v.stray, v.What, now); why != "" {
				v.Found += "; not removed: " + why
				v.stray = nil
				continue
			}
			settled[v.stray] = true
		}
	}
	return nil
}

// settle removes a stray, unless it is none by now, or says why it stays.
func (s *sweep) settle(ctx context.Context, one Listed, what string, now places) (why string) {
	switch {
	case now.knows(one):
		return ""
	case !strings.HasPrefix(one.Key, videoFolder):
		return "it is not in " + videoFolder
	case len(now.parts)+len(now.whole) == 0: // as in a database that has just been made anew
		return "the rows know no object at all: is this their database?"
	case time.Since(one.Modified) < s.options.StrayAge:
		return fmt.Sprintf("it is younger than %s", s.options.StrayAge)
	case one.Upload == "" && now.indexed(one.Key):
		return "an index may name it" // whose video would lose its segments
	}
	count, act := &s.objects, func() error { return s.options.Remover.Remove(ctx, one.Key) }
	if one.Upload != "" {
		count, act = &s.uploads, func() error { return s.options.Remover.Abort(ctx, one.Key, one.Upload) }
	}
	if err := act(); err != nil {
		return err.Error()
	}
	*count++
	s.report.Removed++
	if len(s.first) < maxLines {
		s.first = append(s.first, what)
	}
	return ""
}

// note tells what has been removed, and names the first of it.
func (s *sweep) note() {
	if s.options.Remover == nil {
		return
	}
	s.report.note("strays: %d objects and %d unfinished ones are removed", s.objects, s.uploads)
	for _, what := range s.first {
		s.report.note("strays: %s is removed", what)
	}
	if more := s.report.Removed - len(s.first); more > 0 {
		s.report.note("strays: so are %d more", more)
	}
}
