package httpapi

import (
	"errors"
	"strconv"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

var errActionUnknown = errs.New(errs.Invalid, "ACTION_UNKNOWN", "action_type is not one of those there are")

// action reads action_type, which says whether the thing is to be there (1) or
// not (2).
func (p params) action() (wanted bool, err error) {
	kind, err := p.required("action_type")
	if err != nil {
		return false, err
	}
	switch kind {
	case "1":
		return true, nil
	case "2":
		return false, nil
	}
	return false, errActionUnknown
}

// actionError tells a missing action_type from an unknown one.
func actionError(err error) error {
	if err == nil {
		return errActionUnknown
	}
	return err
}

// requiredID is a numeric parameter that must not be absent.
func (p params) requiredID(name string) (int64, error) {
	id, err := p.id(name)
	if err == nil && id == 0 {
		return 0, errParamMissing
	}
	return id, err
}

// page reads which part of a list is wanted. The old client sends neither
// parameter and gets a whole list, up to the cap of compose.MaxPage.
func (p params) page() (compose.PageRequest, error) {
	cursor, err := p.text("cursor")
	if err != nil {
		return compose.PageRequest{}, err
	}
	limit, err := p.id("limit")
	if err != nil || limit > compose.MaxPage {
		return compose.PageRequest{}, errParamInvalid
	}
	return compose.PageRequest{Cursor: cursor, Limit: int32(limit)}, nil
}

// moment is a time in Unix milliseconds; seconds are taken too. Absent, zero and
// unreadable are 0, since clients are known to send all of them; what is beyond
// the numbers there are is the largest of them.
func (p params) moment(name string) (int64, error) {
	text, err := p.text(name)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || n <= 0 {
		return 0, nil
	}
	if n < firstMillisecond {
		n *= 1000
	}
	return n, nil
}
