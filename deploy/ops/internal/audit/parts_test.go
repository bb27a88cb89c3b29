package audit_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/audit"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/opsharness"
)

func testAbsentServicesAreSkipped(t *testing.T, d opsharness.Databases) {
	h := newHarness(t, d)
	o := h.onlyRows()
	o.DSNs = map[string]string{
		"user":        h.DSNs["user"],
		"video":       strings.Replace(h.DSNs["video"], "/douyin_test_", "/douyin_gone_", 1),
		"interaction": h.DSNs["interaction"],
	}
	h.Exec(t, "interaction", `INSERT INTO likes VALUES (1, 999, 1, FALSE, 2, 1000)`) // without the database of video, unknown videos are not reported
	o.API = h.api
	report := run(t, o)
	wantViolations(t, report)
	for _, want := range []string{
		"video: skipped, there is no database",
		"relation: skipped, there is no secret of its database",
		"chat: skipped, there is no secret of its database",
		"hot state: skipped", "objects: skipped",
	} {
		if !slices.Contains(report.Notes, want) {
			t.Errorf("no note %q in %q", want, report.Notes)
		}
	}
	if report.Compared.Databases != 2 || report.Compared.Answers != 3*2 {
		t.Errorf("compared %+v", report.Compared)
	}
}

func testOnlyTheFirstOfManyViolationsArePrinted(t *testing.T, d opsharness.Databases) {
	h := newHarness(t, d)
	for id := range 30 {
		h.Exec(t, "relation", `INSERT INTO counts VALUES (?, 1, 0)`, 1000+id)
	}
	report := run(t, h.onlyRows())
	var text bytes.Buffer
	if err := report.Write(&text); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	if n := len(lines) - len(report.Notes); n != 2*20+2+1 {
		t.Errorf("%d lines:\n%s", n, &text)
	}
	for _, want := range []string{"I3: 10 more violations", "I10: 10 more violations", "audit: 60 violations; compared "} {
		if !strings.Contains(text.String(), "\n"+want) {
			t.Errorf("no %q in\n%s", want, &text)
		}
	}
}

func TestDatabaseDownIsAnError(t *testing.T) {
	for _, dsn := range []string{"audit:secret@tcp(127.0.0.1:1)/user", "audit:secret@nowhere/%"} {
		_, err := audit.Run(t.Context(), audit.Options{DSNs: map[string]string{"user": dsn}})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", dsn, err)
		}
	}
}

func TestReportOfNothing(t *testing.T) {
	report, err := audit.Run(t.Context(), audit.Options{})
	if err != nil || !report.OK() {
		t.Fatalf("%+v, %v", report, err)
	}
	var text bytes.Buffer
	if err := report.Write(&text); err != nil {
		t.Fatal(err)
	}
	want := "audit: no violation; compared 0 rows of 0 databases, 0 hot documents, 0 answers of the API, 0 objects\n"
	if !strings.HasSuffix(text.String(), want) {
		t.Errorf("printed %q", &text)
	}
	encoded, err := json.Marshal(report)
	if err != nil || !strings.HasPrefix(string(encoded), `{"violations":[],"notes":[`) {
		t.Errorf("%s, %v", encoded, err)
	}
}

func TestGatewayReadsAnswers(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		switch r.URL.Path + "?" + r.URL.RawQuery {
		case "/douyin/user/?user_id=7":
			fmt.Fprint(out, `{"status_code":0,"status_msg":"ok","user":{"id":7,"name":"amy","follow_count":1,"follower_count":2,
				"total_favorited":3,"work_count":4,"favorite_count":5}}`)
		case "/douyin/feed/?":
			fmt.Fprint(out, `{"status_code":0,"next_time":9,"video_list":[{"id":1,"author":{"id":2},"favorite_count":3,"comment_count":4}]}`)
		case "/lists?":
			fmt.Fprint(out, `{"status_code":1,"status_msg":"no","user_list":[{"id":5}],"comment_list":[{"id":6}]}`)
		default:
			http.NotFound(out, r)
		}
	}))
	defer server.Close()
	gateway := audit.NewGateway(server.URL)
	for path, test := range map[string]struct {
		query url.Values
		want  audit.Answer
	}{
		"/douyin/user/": {url.Values{"user_id": {"7"}}, audit.Answer{Text: "ok", User: audit.UserSeen{ID: 7, Name: "amy", Follows: 1, Followers: 2, Received: 3, Works: 4, Given: 5}}},
		"/douyin/feed/": {nil, audit.Answer{Next: 9, Videos: []audit.VideoSeen{{ID: 1, Author: audit.UserSeen{ID: 2}, Likes: 3, Comments: 4}}}},
		"/lists":        {nil, audit.Answer{Code: 1, Text: "no", Users: []audit.UserSeen{{ID: 5}}, Comments: []audit.Seen{{ID: 6}}}},
	} {
		got, err := gateway.Get(t.Context(), path, test.query)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("%s: %+v, %v; want %+v", path, got, err, test.want)
		}
	}
	if _, err := gateway.Get(t.Context(), "/elsewhere", nil); err == nil {
		t.Error("an answer with the HTTP status 404 is taken for an answer")
	}
}

// Entries as Dapr stores them in Redis.
func TestRedisHot(t *testing.T) {
	addr := os.Getenv("TEST_REDIS_ADDR")
	if addr == "" {
		if os.Getenv("REQUIRE_INFRA") == "1" {
			t.Fatal("TEST_REDIS_ADDR is not set and REQUIRE_INFRA=1")
		}
		t.Skip("TEST_REDIS_ADDR is not set")
	}
	var random [6]byte
	_, _ = rand.Read(random[:]) // never fails
	key := "audit:" + hex.EncodeToString(random[:])
	client := redis.NewClient(&redis.Options{Addr: addr})
	defer func() {
		if _, err := client.Del(t.Context(), "douyin||"+key, key).Result(); err != nil {
			t.Error(err)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := client.HSet(t.Context(), "douyin||"+key, "data", "\x00\xff", "version", 3).Err(); err != nil {
		t.Fatal(err)
	}
	if err := client.Set(t.Context(), key, "not an entry of the state store", 0).Err(); err != nil {
		t.Fatal(err)
	}
	hot := audit.NewRedisHot(addr, "")
	defer func() {
		if err := hot.Close(); err != nil {
			t.Error(err)
		}
	}()
	keys, err := hot.Keys(t.Context())
	if err != nil || !slices.Contains(keys, key) {
		t.Errorf("keys %q, %v", keys, err)
	}
	value, version, err := hot.Entry(t.Context(), key)
	if string(value) != "\x00\xff" || version != "3" || err != nil {
		t.Errorf("entry %q, version %q, %v", value, version, err)
	}
	if _, version, err := hot.Entry(t.Context(), key+"0"); version != "" || err != nil {
		t.Errorf("absent entry: version %q, %v", version, err)
	}
}
