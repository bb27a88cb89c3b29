package request

import (
	"errors"
	"strconv"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// ErrActionUnknown refuses an action_type that the endpoint does not have.
var ErrActionUnknown = errs.New(errs.Invalid, "ACTION_UNKNOWN", "unknown action_type")

// firstMillisecond separates seconds from milliseconds: read as milliseconds, a
// smaller number would lie before 1973.
const firstMillisecond = 100_000_000_000

// Switch reads action_type as on (1) or off (2).
func (p Params) Switch() (on bool, err error) {
	kind, err := p.Required("action_type")
	if err != nil {
		return false, err
	}
	switch kind {
	case "1":
		return true, nil
	case "2":
		return false, nil
	}
	return false, ErrActionUnknown
}

// RequiredID is like ID, but an absent or zero id is refused.
func (p Params) RequiredID(name string) (int64, error) {
	id, err := p.ID(name)
	if err == nil && id == 0 {
		return 0, ErrParamMissing
	}
	return id, err
}

// Moment reads a time in Unix milliseconds or seconds, as milliseconds. Absent,
// zero and unreadable values are 0, because clients send all of them; a number
// beyond int64 is the largest int64.
func (p Params) Moment(name string) (int64, error) {
	text, err := p.Text(name)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || n <= 0 {
		return 0, nil
	}
	return Milliseconds(n), nil
}

// Milliseconds converts a positive Unix time in seconds or milliseconds into
// milliseconds. The phone sends milliseconds although the client's documents say
// seconds.
func Milliseconds(n int64) int64 {
	if n < firstMillisecond {
		n *= 1000
	}
	return n
}
