package ids

import (
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// grant is what one claim or renewal allows.
type grant struct {
	began       time.Time     // on the generator's clock, before the database was asked
	beganMillis int64         // the database's time then, since the epoch
	use         time.Duration // ids may be made this long after began
	limit       int64         // the last millisecond that ids may bear
	cause       error         // why it was not renewed yet, for the log
}

// time reads the clock only as a distance from began. With time.Now that is
// monotonic time, which no change of the wall clock moves.
func (g *grant) time(at time.Time) (now, limit int64, err error) {
	passed := at.Sub(g.began)
	if passed >= g.use {
		return 0, 0, &errs.Error{Code: errs.Unavailable, Reason: reasonNodeLost, Op: opNext, Cause: g.cause}
	}
	return g.beganMillis + passed.Milliseconds(), min(g.limit, maxMillis), nil
}

// move gives the generator a node and the milliseconds after a given one. The
// ids go on increasing although the node in them may be a smaller one.
func (g *Generator) move(node, after int64, granted *grant) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.node = node
	g.millis = max(g.millis, after)
	g.sequence = maxSequence // the next id is in a later millisecond
	g.lease = granted
}

// extend renews the grant of the same node.
func (g *Generator) extend(granted *grant) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lease = granted
}

// explain remembers why the grant was not renewed.
func (g *Generator) explain(cause error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	failing := *g.lease
	failing.cause = cause
	g.lease = &failing
}

// stop ends the making of ids and returns the millisecond of the last one.
func (g *Generator) stop() (last int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	stopped := *g.lease
	stopped.use = -1 << 63 // no distance is shorter
	g.lease = &stopped
	return g.millis
}
