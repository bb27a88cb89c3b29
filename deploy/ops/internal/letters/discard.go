package letters

import (
	"context"
	"fmt"
	"io"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/tool"
	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
)

// DiscardOptions are the flags of discard.
type DiscardOptions struct {
	All    bool `help:"Discard all letters; needed when no other flag selects letters."`
	DryRun bool `help:"Print which letters would be discarded and change nothing."`
	Yes    bool `help:"Confirm that the events are lost for good."`
}

// Check refuses a deletion that selects nothing or is not confirmed.
func (o DiscardOptions) Check(f *Filter) error {
	switch {
	case !f.selects() && !o.All:
		return tool.UsageError("discard needs a filter such as --app or --topic, or --all for every letter")
	case !o.Yes && !o.DryRun:
		return tool.UsageError("discarded events are lost for good: look with --dry-run, then confirm with --yes")
	}
	return f.Validate()
}

// Discard deletes the selected letters.
func (all Services) Discard(ctx context.Context, f *Filter, o DiscardOptions, out io.Writer) error {
	found, err := all.find(ctx, f)
	if err != nil {
		return err
	}
	for _, s := range all {
		letters := of(s, found)
		if o.DryRun {
			for _, l := range letters {
				if _, err := fmt.Fprintf(out, "%s %d: would be discarded, event %s of %q\n", s.Name, l.ID, l.EventID, l.SourceTopic); err != nil {
					return err
				}
			}
			continue
		}
		ids := make([]int64, len(letters))
		for i, l := range letters {
			ids[i] = l.ID
		}
		n, err := deadletter.Discard(ctx, s.DB, ids)
		if err != nil {
			return fmt.Errorf("dead letters of %s: %w", s.Name, err)
		}
		if n > 0 {
			if _, err := fmt.Fprintf(out, "%s: %d discarded\n", s.Name, n); err != nil {
				return err
			}
		}
	}
	if len(found) == 0 {
		_, err = fmt.Fprintln(out, "no dead letters")
	}
	return err
}
