package upload

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
)

// Limits keep uploads from using up memory, disk and time.
type Limits struct {
	MaxBytes int64         // of one video
	AtOnce   int           // uploads being written; as many again may wait in temporary files
	PerUser  int           // of them, by one user
	Wait     time.Duration // how long an upload waits for a slot before it is refused
	TempDir  string        // for uploads whose token comes after the file; "" is the system's
}

// requestsPerUpload bounds the requests in progress for each upload that may be
// written. The others wait for a slot or send their fields.
const requestsPerUpload = 5

// admission bounds uploads. An upload acquires a request slot when it arrives, a
// temporary file if it has to wait for its token on disk, then a slot of its user
// and a write slot, always in this order, so that no two wait for each other.
type admission struct {
	requests, tempFiles, writes slots

	wait    time.Duration
	perUser int64
	mu      sync.Mutex
	users   map[int64]*userSlots
}

// userSlots exist as long as a request uses or awaits them.
type userSlots struct {
	slots    slots
	requests int
}

func newAdmission(l Limits) *admission {
	atOnce := int64(l.AtOnce)
	return &admission{requests: newSlots(atOnce * requestsPerUpload), tempFiles: newSlots(atOnce), writes: newSlots(atOnce),
		wait: l.Wait, perUser: int64(l.PerUser), users: map[int64]*userSlots{}}
}

// slots are acquired in the order in which requests ask for them.
type slots struct{ free *semaphore.Weighted }

func newSlots(n int64) slots { return slots{semaphore.NewWeighted(n)} }

// acquire waits for a slot, for the given time at most. The function that it
// returns releases the slot.
func (s slots) acquire(ctx context.Context, wait time.Duration) (release func(), err error) {
	if !s.free.TryAcquire(1) {
		limited, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		if s.free.Acquire(limited, 1) != nil {
			if err := ctx.Err(); err != nil {
				return nil, request.BodyError(err) // the client disconnected
			}
			return nil, errUploadsTooMany
		}
	}
	return func() { s.free.Release(1) }, nil
}

// acquireUser waits for a slot of a user.
func (a *admission) acquireUser(ctx context.Context, userID int64) (release func(), err error) {
	a.mu.Lock()
	user := a.users[userID]
	if user == nil {
		user = &userSlots{slots: newSlots(a.perUser)}
		a.users[userID] = user
	}
	user.requests++
	a.mu.Unlock()
	leave := func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if user.requests--; user.requests == 0 {
			delete(a.users, userID)
		}
	}
	releaseSlot, err := user.slots.acquire(ctx, a.wait)
	if err != nil {
		leave()
		return nil, err
	}
	return func() { releaseSlot(); leave() }, nil
}
