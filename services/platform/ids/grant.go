package ids

import (
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// grant is the permission of one claim or renewal.
type grant struct {
	began       time.Time     // on the generator's clock, before the database was called
	beganMillis int64         // the database's time then, since the epoch
	use         time.Duration // ids may be generated this long after began
	limit       int64         // the last millisecond that ids may contain
	cause       error         // why the last renewal failed, for the log
}

// time only uses the distance of the clock from began. With time.Now that is monotonic
// time, which changes of the wall clock do not affect.
func (g *grant) time(at time.Time) (now, limit int64, err error) {
	passed := at.Sub(g.began)
	if passed >= g.use {
		return 0, 0, &errs.Error{Code: errs.Unavailable, Reason: reasonNodeLost, Op: opNext, Cause: g.cause}
	}
	return g.beganMillis + passed.Milliseconds(), min(g.limit, maxMillis), nil
}

// move gives the generator a node and the milliseconds after a given one. Its ids keep
// increasing even if the new node is smaller.
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

// explain records why the grant was not renewed.
func (g *Generator) explain(cause error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	failing := *g.lease
	failing.cause = cause
	g.lease = &failing
}

// stop ends the generator and returns the millisecond of its last id.
func (g *Generator) stop() (last int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	stopped := *g.lease
	stopped.use = -1 << 63 // no distance is shorter
	g.lease = &stopped
	return g.millis
}
