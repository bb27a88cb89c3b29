package request_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/client"
	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	"github.com/douyin-on-dapr/douyin/gateway/internal/httpapi"
	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
	"github.com/douyin-on-dapr/douyin/gateway/internal/upload"
	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	"github.com/douyin-on-dapr/douyin/services/contract/reasons"
	relationv1 "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// rows are the status codes of all reasons, by the names that clients use.
func rows() map[string]client.Code {
	return map[string]client.Code{
		"PARAM_MISSING":    client.CodeParamMissing,
		"PARAM_INVALID":    client.CodeParamInvalid,
		"PARAM_DUPLICATE":  client.CodeParamDuplicate,
		"ROUTE_UNKNOWN":    client.CodeRouteUnknown,
		"METHOD_UNSUITED":  client.CodeMethodUnsuited,
		"BODY_TOO_LARGE":   client.CodeBodyTooLarge,
		"BODY_TOO_SLOW":    client.CodeBodyTooSlow,
		"BODY_INTERRUPTED": client.CodeBodyInterrupted,
		"ACTION_UNKNOWN":   client.CodeActionUnknown,

		videov1.ReasonRequestInvalid:         client.CodeParamInvalid,
		userv1.ReasonIDsInvalid:              client.CodeParamInvalid,
		interactionv1.ReasonIDInvalid:        client.CodeParamInvalid,
		interactionv1.ReasonTooManyIDs:       client.CodeParamInvalid,
		interactionv1.ReasonCursorInvalid:    client.CodeParamInvalid,
		interactionv1.ReasonRequestIDInvalid: client.CodeParamInvalid,

		"TOKEN_INVALID":               client.CodeTokenInvalid,
		userv1.ReasonNameInvalid:      client.CodeNameInvalid,
		userv1.ReasonPasswordInvalid:  client.CodePasswordInvalid,
		userv1.ReasonNameTaken:        client.CodeNameTaken,
		userv1.ReasonWrongCredentials: client.CodeWrongCredentials,
		userv1.ReasonUserUnknown:      client.CodeUserUnknown,

		"VIDEO_MISSING":               client.CodeVideoMissing,
		videov1.ReasonVideoEmpty:      client.CodeVideoEmpty,
		videov1.ReasonVideoTooLarge:   client.CodeVideoTooLarge,
		"OBJECT_TOO_LARGE":            client.CodeVideoTooLarge,
		"VIDEO_FORMAT":                client.CodeVideoFormat,
		videov1.ReasonTitleInvalid:    client.CodeTitleInvalid,
		"UPLOAD_MALFORMED":            client.CodeUploadMalformed,
		videov1.ReasonUploadUnknown:   client.CodeUploadExpired,
		videov1.ReasonUploadCommitted: client.CodeUploadExpired,
		videov1.ReasonObjectInvalid:   client.CodeUploadExpired,
		videov1.ReasonUploadsTooMany:  client.CodeTooManyUploads,
		videov1.ReasonVideoUnknown:    client.CodeVideoUnknown,
		videov1.ReasonNotVideoOwner:   client.CodeVideoNotOwner,
		"DIRECT_UPLOAD_UNAVAILABLE":   client.CodeDirectUploadUnavailable,
		"UPLOAD_INCOMPLETE":           client.CodeUploadIncomplete,

		interactionv1.ReasonCommentInvalid:  client.CodeCommentInvalid,
		interactionv1.ReasonCommentUnknown:  client.CodeCommentUnknown,
		interactionv1.ReasonNotCommentOwner: client.CodeCommentNotOwner,
		relationv1.ReasonSelfFollow:         client.CodeSelfFollow,
		chatv1.ReasonMessageInvalid:         client.CodeMessageInvalid,
		chatv1.ReasonSelfMessage:            client.CodeSelfMessage,
		chatv1.ReasonNotFriends:             client.CodeNotFriends,

		userv1.ReasonBusy: client.CodeBusy,
	}
}

// general are the status codes of errors whose reason is not for the public.
func general() map[errs.Code]client.Code {
	return map[errs.Code]client.Code{
		errs.Internal: client.CodeInternal, errs.Invalid: client.CodeInvalid, errs.Unauthenticated: client.CodeTokenInvalid,
		errs.Forbidden: client.CodeForbidden, errs.NotFound: client.CodeNotFound, errs.Conflict: client.CodeConflict,
		errs.Exhausted: client.CodeBusy, errs.Unavailable: client.CodeUnavailable, errs.Timeout: client.CodeTimeout,
	}
}

// Every reason of the contract has a row of its own, so that no client sees a
// general sentence instead.
func TestTableKnowsEveryReasonOfTheContract(t *testing.T) {
	for app, all := range reasons.ByService() {
		for _, reason := range all {
			if _, ok := rows()[reason]; !ok || !request.HasReason(reason) {
				t.Errorf("the table does not know %s of %s", reason, app)
			}
		}
	}
}

// The table and the constants of the client agree, and neither has a code that the
// other lacks.
func TestTableAndClientAgree(t *testing.T) {
	used := map[client.Code]bool{client.CodeOK: true}
	for reason, want := range rows() {
		used[want] = true
		if got, _, _ := request.Row(errs.New(errs.Invalid, reason, "")); !request.HasReason(reason) || client.Code(got) != want {
			t.Errorf("%s is %d, the client expects %d", reason, got, want)
		}
	}
	for code, want := range general() {
		used[want] = true
		if got, _, _ := request.Row(errs.New(code, "", "")); client.Code(got) != want {
			t.Errorf("%s is %d, the client expects %d", code, got, want)
		}
	}
	declared := clientCodes(t)
	for code, name := range declared {
		if !used[code] {
			t.Errorf("no refusal has the code %s", name)
		}
	}
	if len(declared) != len(used) {
		t.Errorf("the client has %d codes, the table %d", len(declared), len(used))
	}
	for _, code := range tableCodes(t) {
		if _, ok := declared[code]; !ok {
			t.Errorf("the client has no constant for %d", code)
		}
	}
}

// clientCodes reads the names of the client's constants.
func clientCodes(t *testing.T) map[client.Code]string {
	t.Helper()
	return numbered(t, "../../client/codes.go", regexp.MustCompile(`(?m)^\t(Code\w+)\s+Code = (\d+)`))
}

// tableCodes reads the codes of all rows.
func tableCodes(t *testing.T) []client.Code {
	t.Helper()
	return slices.Collect(maps.Keys(numbered(t, "statuscodes.go", regexp.MustCompile(`(answer)\{(\d+), `))))
}

func numbered(t *testing.T, file string, pattern *regexp.Regexp) map[client.Code]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := map[client.Code]string{}
	for _, match := range pattern.FindAllStringSubmatch(string(text), -1) {
		n, err := strconv.ParseInt(match[2], 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		found[client.Code(n)] = match[1]
	}
	if len(found) < 30 {
		t.Fatalf("%d codes in %s: the pattern does not fit the file", len(found), file)
	}
	return found
}

func TestRowsAreFitToShow(t *testing.T) {
	var all []error
	for code := errs.Internal; code <= errs.Timeout; code++ {
		all = append(all, errs.New(code, "", ""), errs.New(code, "NOT_IN_THE_TABLE", "a secret"))
	}
	for reason := range rows() {
		all = append(all, errs.New(errs.Invalid, reason, ""))
	}
	byText := map[string]int32{}
	for _, err := range all {
		code, zh, en := request.Row(err)
		if code == 0 || zh == "" || en == "" || len([]rune(zh)) > 30 || len(en) > 60 || strings.Contains(en, "secret") {
			t.Errorf("%v: %d %q %q", err, code, zh, en)
		}
		if strings.IndexFunc(zh, func(r rune) bool { return r > 0x3000 }) < 0 {
			t.Errorf("%v: %q is not Chinese", err, zh)
		}
		if before, ok := byText[zh]; ok && before != code && zh != "服务暂时不可用" {
			t.Errorf("%q is the sentence of %d and %d", zh, before, code)
		}
		byText[zh] = code
	}
	if code, _, _ := request.Row(nil); code != 0 {
		t.Errorf("success is %d", code)
	}
}

// Every reason of a failed video has a sentence of its own in both languages.
func TestFailuresHaveSentences(t *testing.T) {
	general, _ := request.Failure("A_REASON_OF_TOMORROW")
	seen := map[string]string{general: ""}
	for _, reason := range videov1.Failures() {
		zh, en := request.Failure(reason)
		if zh == "" || en == "" || len([]rune(zh)) > 30 || len(en) > 60 || strings.IndexFunc(zh, func(r rune) bool { return r > 0x3000 }) < 0 {
			t.Errorf("%s: %q %q", reason, zh, en)
		}
		if before, ok := seen[zh]; ok {
			t.Errorf("%s and %q both say %q", reason, before, zh)
		}
		seen[zh] = reason
	}
	if zh, en := request.Failure(""); zh != "" || en != "" || general == "" {
		t.Errorf("no failure: %q %q, unknown failure: %q", zh, en, general)
	}
}

// A refusal of a service becomes a row of the table; internal errors stay inside.
func TestErrorsOfServices(t *testing.T) {
	h := apitest.New(t, nil)
	creds := url.Values{"username": {"amy"}, "password": {"x"}}
	for _, c := range []struct {
		err  error
		want int32
	}{
		{errs.New(errs.Invalid, userv1.ReasonNameInvalid, "x"), 2002},
		{errs.Wrap("user.Login", errs.New(errs.Unauthenticated, userv1.ReasonWrongCredentials, "x")), 2005},
		{errs.New(errs.Exhausted, userv1.ReasonBusy, "x"), 5003},
		{errs.New(errs.Exhausted, "NEW_REASON", "x"), 5003},
		{errs.New(errs.Conflict, "NEW_REASON", "x"), 1012},
		{errs.New(errs.Unavailable, "", ""), 5001},
		{errs.New(errs.Timeout, "", ""), 5002},
		{errs.New(errs.Internal, "", "database password is hunter2"), 5000},
		{errs.New(errs.Internal, userv1.ReasonNameTaken, ""), 5000},
		{errors.New("dial tcp 127.0.0.1:3306: refused"), 5000},
		{context.DeadlineExceeded, 5002},
	} {
		h.Users.Fail("Login", c.err)
		body := h.Send(t, http.MethodPost, "/douyin/user/login", creds, "", nil)
		apitest.WantCode(t, c.err.Error(), body, c.want)
		for _, leak := range []string{"hunter2", "dial", "3306", `"x"`} {
			if strings.Contains(string(body), leak) {
				t.Errorf("%v leaks in %s", c.err, body)
			}
		}
	}
}

func TestLanguages(t *testing.T) {
	for standard, want := range map[request.Language][4]string{
		request.Chinese: {"缺少参数", "a parameter is missing", "缺少参数", "缺少参数"},
		request.English: {"a parameter is missing", "a parameter is missing", "缺少参数", "a parameter is missing"},
	} {
		h := apitest.New(t, func(d *httpapi.Deps, _ *upload.Limits) { d.Pipeline.Language = standard })
		for i, wish := range []string{"", "en-US,en;q=0.9,zh;q=0.8", "zh-CN,zh;q=0.9,en;q=0.8", "fr"} {
			req, err := http.NewRequest(http.MethodPost, h.Base+"/douyin/user/login", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Accept-Language", wish)
			if body := string(h.Do(t, req)); !strings.Contains(body, want[i]) {
				t.Errorf("standard %s, wish %q: %s", standard, wish, body)
			}
		}
	}
}
