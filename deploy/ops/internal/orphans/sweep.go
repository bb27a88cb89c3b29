package orphans

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/objectindex"
)

// Sweep finds all orphans, deletes them if it has a Deleter, and prints one line
// per orphan and a summary.
type Sweep struct {
	Finder  Finder
	Deleter *Deleter // nil: only print
	Out     io.Writer

	objects, uploads int // deleted
	remaining        int
	failed           error // of Out
}

// Run returns how many orphans remain.
func (s *Sweep) Run(ctx context.Context) (remaining int, err error) {
	if !s.Finder.DB.Has(objectindex.Tables()...) {
		return 0, errors.New("the database of the video service lacks its tables: start the stack once")
	}
	listing, err := s.Finder.List(ctx)
	if err != nil {
		return 0, err
	}
	if err := s.Finder.Find(ctx, listing, func(orphans, unstable []Orphan) error { return s.handle(ctx, orphans, unstable) }); err != nil {
		return s.remaining, err
	}
	if s.Deleter != nil {
		s.printf("deleted %d objects and %d unfinished objects, %d orphans remain\n", s.objects, s.uploads, s.remaining)
	} else if s.remaining > 0 {
		s.printf("%d orphans; --delete deletes them\n", s.remaining)
	}
	return s.remaining, s.failed
}

func (s *Sweep) handle(ctx context.Context, orphans, unstable []Orphan) error {
	for _, o := range unstable {
		s.printf("%s: changes too fast to decide\n", o)
	}
	if s.Deleter == nil {
		for _, o := range orphans {
			s.printf("%s, modified %s\n", o, o.Modified.UTC().Format(time.RFC3339))
		}
		s.remaining += len(orphans)
		return s.failed
	}
	outcome, err := s.Deleter.Delete(ctx, orphans)
	for _, o := range outcome.Deleted {
		s.printf("%s: deleted\n", o)
		if o.Upload == "" {
			s.objects++
		} else {
			s.uploads++
		}
	}
	for _, k := range outcome.Kept {
		s.printf("%s: kept, %s\n", k.Orphan, k.Why)
	}
	s.remaining += len(outcome.Kept)
	return errors.Join(err, s.failed)
}

func (s *Sweep) printf(format string, args ...any) {
	if s.failed == nil {
		_, s.failed = fmt.Fprintf(s.Out, format, args...)
	}
}
