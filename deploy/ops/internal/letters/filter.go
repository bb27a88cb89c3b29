// Package letters is the operator's view of the dead letters of all services:
// listing, showing, replaying and discarding them.
package letters

import (
	"fmt"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/tool"
	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
)

// Filter is the group of flags that select letters.
type Filter struct {
	App   []string `help:"Only letters of this service; may be repeated." placeholder:"APP"`
	Topic string   `help:"Only letters of events of this topic, such as interaction.liked." placeholder:"TOPIC"`
	Since Moment   `help:"Only letters received at this time (2026-01-31T12:00:00Z) or this long ago (2h) or later." placeholder:"TIME"`
	Until Moment   `help:"Only letters received before this time, written like --since." placeholder:"TIME"`
	ID    []int64  `name:"id" help:"Only the letter with this number; may be repeated. Needs --app, since each service counts for itself." placeholder:"N"`
	Limit int      `help:"At most this many letters, the oldest first; 0 means all." default:"0" placeholder:"N"`
}

// Validate refuses flags that do not fit together. The flag parser calls it.
func (f *Filter) Validate() error {
	switch {
	case len(f.ID) > 0 && len(f.App) != 1:
		return tool.UsageError("--id needs one --app, since each service counts its letters for itself")
	case f.Limit < 0:
		return tool.UsageError("--limit must not be negative")
	case !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until.Time):
		return tool.UsageError("--since must be before --until")
	}
	return nil
}

// selects reports whether the filter selects some letters and not simply all.
func (f *Filter) selects() bool {
	return len(f.App) > 0 || f.Topic != "" || !f.Since.IsZero() || !f.Until.IsZero() || len(f.ID) > 0 || f.Limit > 0
}

func (f *Filter) letters(limit int) deadletter.Filter {
	return deadletter.Filter{IDs: f.ID, Topic: f.Topic, Since: f.Since.Time, Until: f.Until.Time, Limit: limit}
}

// Moment is a time on the command line: RFC 3339, or a duration before now.
type Moment struct{ time.Time }

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Moment) UnmarshalText(text []byte) error {
	if age, err := time.ParseDuration(string(text)); err == nil && age >= 0 {
		m.Time = time.Now().Add(-age)
		return nil
	}
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return fmt.Errorf("%q is neither a time such as 2026-01-31T12:00:00Z nor an age such as 2h", text)
	}
	m.Time = at
	return nil
}
