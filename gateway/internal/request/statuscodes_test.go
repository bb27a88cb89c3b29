package request_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	"github.com/douyin-on-dapr/douyin/gateway/internal/httpapi"
	"github.com/douyin-on-dapr/douyin/gateway/internal/request"
	"github.com/douyin-on-dapr/douyin/gateway/internal/upload"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Every refusal that the contract of a service names has a row of its own.
func TestTableKnowsEveryReasonOfTheContract(t *testing.T) {
	blocks := regexp.MustCompile(`(?s)Refusals: .*?\.\n`)
	reasons := regexp.MustCompile(`\b[A-Z]+(?:_[A-Z]+)+\b|\bBUSY\b`)
	found := 0
	for _, file := range []string{"user/v1/user.proto", "video/v1/video.proto"} {
		text, err := os.ReadFile("../../../services/contract/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range blocks.FindAllString(string(text), -1) {
			for _, reason := range reasons.FindAllString(block, -1) {
				found++
				if !request.HasReason(reason) {
					t.Errorf("%s names %s, which the response table does not know", file, reason)
				}
			}
		}
	}
	if found < 12 {
		t.Errorf("only %d reasons found: the comments changed their form", found)
	}
}

func TestRowsAreFitToShow(t *testing.T) {
	var all []error
	for code := errs.Internal; code <= errs.Timeout; code++ {
		all = append(all, errs.New(code, "", ""), errs.New(code, "NOT_IN_THE_TABLE", "a secret"))
	}
	for _, reason := range strings.Fields(`PARAM_MISSING PARAM_INVALID PARAM_DUPLICATE ROUTE_UNKNOWN METHOD_UNSUITED BODY_TOO_LARGE
		BODY_TOO_SLOW BODY_INTERRUPTED TOKEN_INVALID NAME_INVALID PASSWORD_INVALID NAME_TAKEN WRONG_CREDENTIALS USER_UNKNOWN VIDEO_MISSING
		VIDEO_EMPTY VIDEO_TOO_LARGE OBJECT_TOO_LARGE VIDEO_FORMAT TITLE_INVALID UPLOAD_MALFORMED UPLOAD_UNKNOWN UPLOADS_TOO_MANY BUSY
		VIDEO_UNKNOWN VIDEO_FOREIGN DIRECT_UPLOAD_UNAVAILABLE UPLOAD_INCOMPLETE`) {
		if !request.HasReason(reason) {
			t.Errorf("%s is not in the table", reason)
		}
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
		{errs.New(errs.Invalid, "NAME_INVALID", "x"), 2002},
		{errs.Wrap("user.Login", errs.New(errs.Unauthenticated, "WRONG_CREDENTIALS", "x")), 2005},
		{errs.New(errs.Exhausted, "BUSY", "x"), 5003},
		{errs.New(errs.Exhausted, "NEW_REASON", "x"), 5003},
		{errs.New(errs.Conflict, "NEW_REASON", "x"), 1012},
		{errs.New(errs.Unavailable, "", ""), 5001},
		{errs.New(errs.Timeout, "", ""), 5002},
		{errs.New(errs.Internal, "", "database password is hunter2"), 5000},
		{errs.New(errs.Internal, "NAME_TAKEN", ""), 5000},
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
