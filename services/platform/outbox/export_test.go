package outbox

import "context"

// Prune prunes once, as after a round.
func Prune(ctx context.Context, r *Relay) { r.prune(ctx) }
