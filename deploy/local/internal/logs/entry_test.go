package logs_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/logs"
)

func TestEntriesOfProgramsAndSidecars(t *testing.T) {
	e := logs.Parse("user", `{"time":"2026-01-02T03:04:05.678Z","level":"WARN","msg":"call failed","took":12,"error":"no such user","reason":""}`)
	if e.Level != slog.LevelWarn || e.Message != "call failed" || e.Time.IsZero() {
		t.Errorf("entry %+v", e)
	}
	if text := e.String(); !strings.HasSuffix(text, `.678 WARN  call failed  error="no such user"  reason=""  took=12`) {
		t.Errorf("text %q", text)
	}
	sidecar := logs.Parse("user-daprd", `time="2026-01-02T03:04:05.678901Z" level=warning msg="a \"slow\" store" app_id=user-1 instance=vm scope=dapr.runtime type=log ver=1.18.2`)
	if text := sidecar.String(); sidecar.Level != slog.LevelWarn || !strings.HasSuffix(text, `WARN  a "slow" store  scope=dapr.runtime`) {
		t.Errorf("a sidecar's line: %q", text)
	}
	if fatal := logs.Parse("x", `{"level":"fatal","msg":"end"}`); fatal.Level != slog.LevelError {
		t.Errorf("fatal is %s", fatal.Level)
	}
}

func TestEntriesOfOtherPrograms(t *testing.T) {
	const said = "2026-01-02  3:04:05 0 [Note] ready for connections"
	for _, line := range []string{said, "", `{"cut`, `time="cut`, "time=now and then"} {
		e := logs.Parse("mysql", line)
		if e.Message != line || e.Level != slog.LevelInfo || e.String() != line {
			t.Errorf("%q becomes %+v", line, e)
		}
	}
	raw, err := json.Marshal(logs.Parse("mysql", said))
	if err != nil || string(raw) != `{"msg":"`+said+`","part":"mysql"}` {
		t.Errorf("%s, %v", raw, err)
	}
}

func TestEntryAsJSON(t *testing.T) {
	raw, err := json.Marshal(logs.Parse("user", `{"time":"2026-01-02T03:04:05.678Z","level":"INFO","msg":"request","status":200}`))
	const want = `{"level":"INFO","msg":"request","part":"user","status":200,"time":"2026-01-02T03:04:05.678Z"}`
	if err != nil || string(raw) != want {
		t.Errorf("%s, %v, want %s", raw, err, want)
	}
}

// A line without a time stays behind the line before it.
func TestLogsAreMergedByTime(t *testing.T) {
	at := func(second, message string) string {
		return `{"time":"2026-01-02T03:04:` + second + `Z","level":"INFO","msg":"` + message + `"}`
	}
	all := append(logs.ParseAll("user", []string{at("01", "a"), "panic: x", at("05", "d")}),
		logs.ParseAll("chat", []string{at("02", "b"), at("03", "c")})...)
	var order []string
	for _, e := range logs.Merge(all) {
		order = append(order, e.Message)
	}
	if got := strings.Join(order, ","); got != "a,panic: x,b,c,d" {
		t.Errorf("order %s", got)
	}
}
