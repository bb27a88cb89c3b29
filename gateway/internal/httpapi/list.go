package httpapi

import (
	"strconv"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
)

// subject returns the user whose data is wanted: that of user_id, otherwise the
// viewer.
func subject(r *request.Request) (int64, error) {
	id, err := r.Params.ID("user_id")
	if err != nil {
		return 0, err
	}
	if id == 0 {
		id = r.Viewer.UserID
	}
	if id == 0 {
		return 0, request.ErrTokenInvalid
	}
	return id, nil
}

// pageOf reads which page of a list is wanted. The old client sends neither
// parameter and gets the whole list, up to compose.MaxPage entries.
func pageOf(r *request.Request) (compose.PageRequest, error) {
	cursor, err := r.Params.Text("cursor")
	if err != nil {
		return compose.PageRequest{}, err
	}
	limit, err := r.Params.ID("limit")
	if err != nil || limit > compose.MaxPage {
		return compose.PageRequest{}, request.ErrParamInvalid
	}
	return compose.PageRequest{Cursor: cursor, Limit: int32(limit)}, nil
}

// numericCursor reads the cursor of a list that is ordered by ids or times; "" is
// 0.
func numericCursor(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || n <= 0 || n > request.MaxID {
		return 0, request.ErrParamInvalid
	}
	return n, nil
}
