package deadletter

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// Plan divides letters into those that a replay takes and those it refuses.
type Plan struct {
	Letters []Letter  // to replay
	Refused []Refusal // not to replay
}

// Refusal is a letter that is not replayed, with the reason in plain words.
type Refusal struct {
	Letter Letter
	Why    string
}

// NewPlan decides about letters. A letter that is no event is always refused;
// one that failed in MaxReplays replays is refused unless force is set.
func NewPlan(letters []Letter, force bool) Plan {
	var p Plan
	for _, l := range letters {
		switch {
		case l.SourceTopic == "":
			p.Refused = append(p.Refused, Refusal{l, "it is no event and can only be discarded"})
		case l.Replays >= MaxReplays && !force:
			p.Refused = append(p.Refused, Refusal{l, "it failed in each of its replays: " + l.LastError})
		default:
			p.Letters = append(p.Letters, l)
		}
	}
	return p
}

// IDs returns the ids of the letters to replay.
func (p Plan) IDs() []int64 {
	ids := make([]int64, len(p.Letters))
	for i, l := range p.Letters {
		ids[i] = l.ID
	}
	return ids
}

// A forced letter gets one more replay. A letter that is requested already keeps
// its turn.
const sqlRequest = `UPDATE dead_letters
	SET replays = LEAST(replays, ?), requested_at_ms = COALESCE(requested_at_ms, ` + sqldb.NowMS + `) WHERE id IN (?)`

// Request marks the letters of the plan for the Replayer of the service that
// owns the database. Letters that were replayed or discarded meanwhile are
// skipped.
func (p Plan) Request(ctx context.Context, db sqldb.Handle) error {
	_, err := change(ctx, db, "deadletter.Request", sqlRequest, p.IDs(), MaxReplays-1)
	return err
}
