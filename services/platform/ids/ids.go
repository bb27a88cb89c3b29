// Package ids generates the ids of rows. They grow with time and have 53 bits, so
// that JSON numbers and JavaScript represent them exactly.
//
//	41 bits  milliseconds since 2024-01-01T00:00:00Z (until 2093)
//	 6 bits  node, held by one generator at a time
//	 6 bits  sequence within the millisecond
package ids

import (
	"fmt"
	"sync"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Max is the greatest possible id. All ids are positive.
const Max = 1<<53 - 1

const (
	timeBits     = 41
	nodeBits     = 6
	sequenceBits = 6

	nodes       = 1 << nodeBits
	maxSequence = 1<<sequenceBits - 1
	maxMillis   = 1<<timeBits - 1

	// epochMillis is 2024-01-01T00:00:00Z in Unix milliseconds.
	epochMillis = 1_704_067_200_000
)

// Reasons of errors, for the log: a caller can only retry later.
const (
	reasonNodeLost   = "ID_NODE_LOST"
	reasonNodesTaken = "ID_NODES_TAKEN"
	reasonUsedUp     = "ID_RANGE_USED_UP"
)

// Generator generates the ids of one node. It is safe for concurrent use.
type Generator struct {
	clock func() time.Time

	mu       sync.Mutex
	node     int64
	millis   int64  // of the last id, since the epoch
	sequence int64  // of the last id, within its millisecond
	lease    *grant // nil: the node is permanent
}

// New returns the generator of a node, 0 to 63, that no other generator has; it panics
// for any other number. Programs with replicas use Lease. The clock is time.Now
// outside tests.
func New(node uint8, clock func() time.Time) *Generator {
	if node >= nodes {
		panic(fmt.Sprintf("ids: node %d does not fit %d bits", node, nodeBits))
	}
	return &Generator{clock: clock, node: int64(node)}
}

// Next returns an id greater than all earlier ids of this generator. If the 64 ids of
// a millisecond are used up, or the clock went back, it does not wait but uses the
// milliseconds after the last id. The error is Unavailable while the node is lost (see
// Lease) and Internal when the 41 bits are used up.
func (g *Generator) Next() (int64, error) {
	g.mu.Lock()
	defer g.mu.Unlock()

	now, limit, err := g.time()
	if err != nil {
		return 0, err
	}
	millis, sequence := g.after(now, limit)
	if millis > limit {
		return 0, usedUp(limit)
	}
	g.millis, g.sequence = millis, sequence
	return millis<<(nodeBits+sequenceBits) | g.node<<sequenceBits | sequence, nil
}

// time returns the current millisecond since the epoch, and the last one that an id
// may contain.
func (g *Generator) time() (now, limit int64, err error) {
	at := g.clock()
	if g.lease == nil {
		return at.UnixMilli() - epochMillis, maxMillis, nil
	}
	return g.lease.time(at)
}

// after returns time and sequence of the next id. It ignores a time beyond the limit: a
// clock that jumps far ahead must not use up the remaining milliseconds.
func (g *Generator) after(now, limit int64) (millis, sequence int64) {
	switch {
	case now > g.millis && now <= limit:
		return now, 0
	case g.sequence < maxSequence:
		return g.millis, g.sequence + 1
	default:
		return g.millis + 1, 0
	}
}

func usedUp(limit int64) error {
	code := errs.Unavailable // the next renewal raises the limit
	if limit == maxMillis {
		code = errs.Internal
	}
	return &errs.Error{Code: code, Reason: reasonUsedUp, Op: opNext}
}

const opNext = "ids.Next"
