package telemetry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/douyin-on-dapr/douyin/services/platform/telemetry"
)

const canary = "cAnArY123"

// credentials is a value with its own form in a log.
type credentials struct{ user, password string }

func (c credentials) LogValue() slog.Value {
	return slog.GroupValue(slog.String("user", c.user), slog.String("password", c.password))
}

type form struct {
	Name     string   `json:"name"`
	Password string   `json:"password"`
	Links    []string `json:"links"`
	Size     int64    `json:"size"`
}

type coded struct{ text string }

func (c *coded) Error() string { return c.text }

// Every case logs the canary in another form, and one word beside it that must
// remain.
func TestCredentialsAreScrubbed(t *testing.T) {
	link := "http://127.0.0.1:8080/douyin/user/login/?username=kept&password=" + canary + "&token=" + canary
	refused := &url.Error{Op: "Get", URL: link, Err: errors.New("connection refused")}
	for name, write := range map[string]func(*slog.Logger){
		"attribute":            func(l *slog.Logger) { l.Info("kept", "token", canary) },
		"attribute upper case": func(l *slog.Logger) { l.Info("kept", "Authorization", "Bearer "+canary) },
		"every name": func(l *slog.Logger) {
			for _, name := range []string{"TOKEN", "password", "Secret", "authorization", "dsn", "Cookie", "Set-Cookie", "dapr-api-token", "accessToken"} {
				l.Info("kept", name, canary)
			}
		},
		"attribute beyond ASCII": func(l *slog.Logger) { l.Info("kept", "to\u212aen", canary) }, // the Kelvin sign folds to k
		"attribute of any type":  func(l *slog.Logger) { l.Info("kept", "token", []string{canary}) },
		"bytes attribute":        func(l *slog.Logger) { l.Info("kept", "secret", []byte(canary)) },
		"derived logger":         func(l *slog.Logger) { l.With("password", canary).Info("kept") },
		"nested groups": func(l *slog.Logger) {
			l.WithGroup("request").Info("kept", slog.Group("query", slog.Group("login", "password", canary, "user", "a")))
		},
		"group with the name": func(l *slog.Logger) {
			l.Info("kept", slog.Group("token", "value", canary, slog.Group("inner", "n", canary)))
		},
		"log valuer":         func(l *slog.Logger) { l.Info("login", "who", credentials{"kept", canary}) },
		"message with a URL": func(l *slog.Logger) { l.Info("GET " + link) },
		"string with a URL":  func(l *slog.Logger) { l.Info("request", "url", link) },
		"relative URL":       func(l *slog.Logger) { l.Info("kept", "path", "/douyin/feed?token="+canary) },
		"query upper case":   func(l *slog.Logger) { l.Info("kept", "path", "/douyin/feed?TOKEN="+canary+"&Password="+canary) },
		"escaped query":      func(l *slog.Logger) { l.Info("kept", "next", "/go?to="+url.QueryEscape("/x?token="+canary)) },
		"URL value":          func(l *slog.Logger) { u, _ := url.Parse(link); l.Info("request", "url", u) },
		"error":              func(l *slog.Logger) { l.Error("failed", "error", refused) },
		"wrapped error":      func(l *slog.Logger) { l.Error("failed", "error", fmt.Errorf("fetch: %w", refused)) },
		"joined errors":      func(l *slog.Logger) { l.Error("failed", "error", errors.Join(errors.New("kept"), refused)) },
		"pointer error":      func(l *slog.Logger) { l.Error("kept", "error", &coded{"token=" + canary}) },
		"error in a group":   func(l *slog.Logger) { l.Error("failed", slog.Group("a", slog.Group("b", "error", refused))) },
		"quoted value":       func(l *slog.Logger) { l.Info("kept", "path", `/x?password="`+canary+`"`+canary) },
		"struct":             func(l *slog.Logger) { l.Info("form", "form", form{Name: "kept", Password: canary}) },
		"pointer to struct":  func(l *slog.Logger) { l.Info("form", "form", &form{Name: "kept", Links: []string{link}}) },
		"map":                func(l *slog.Logger) { l.Info("form", "form", map[string]any{"Token": canary, "a": "kept"}) },
		"map of lists":       func(l *slog.Logger) { l.Info("kept", "form", url.Values{"password": {canary}}) },
		"list of URLs":       func(l *slog.Logger) { l.Info("list", "list", []any{link, map[string]string{"u": link}}) },
		"JSON in a string":   func(l *slog.Logger) { l.Info("body", "body", `{"name":"kept","password" : "a\"`+canary+`"}`) },
		"JSON in an error":   func(l *slog.Logger) { l.Error("kept", "error", fmt.Errorf("body %q", `{"password":"`+canary+`"}`)) },
		"printed map":        func(l *slog.Logger) { l.Info("kept " + fmt.Sprint(url.Values{"password": {"two words " + canary}})) },
		"printed struct":     func(l *slog.Logger) { l.Info(fmt.Sprintf("kept %+v", form{Name: "a", Password: canary})) },
		"bearer in a text":   func(l *slog.Logger) { l.Info("kept", "dump", "authorization: Bearer "+canary) },
		"DSN in a text": func(l *slog.Logger) {
			l.Info("kept", "error", errors.New("open video:"+canary+":@/x"+canary+"@tcp(127.0.0.1:21091)/video: refused"))
		},
		"URL with a password": func(l *slog.Logger) { l.Info("kept", "redis", "redis://default:"+canary+"@127.0.0.1:21090/0") },
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			write(telemetry.NewLogger(&out, slog.LevelDebug))
			for line := range strings.Lines(out.String()) {
				if !json.Valid([]byte(line)) {
					t.Errorf("not JSON: %s", line)
				}
				if strings.Contains(strings.ToLower(line), strings.ToLower(canary)) {
					t.Errorf("the canary is in the log: %s", line)
				}
				if !strings.Contains(line, "[scrubbed]") || !strings.Contains(line, "kept") {
					t.Errorf("scrubbed too little or too much: %s", line)
				}
			}
			if out.Len() == 0 {
				t.Error("nothing was logged")
			}
		})
	}
}

func TestOrdinaryValuesStay(t *testing.T) {
	var out bytes.Buffer
	log := telemetry.NewLogger(&out, slog.LevelInfo)
	log.Info("invalid token: it is expired", "user_id", int64(9007199254740991), "path", "/douyin/feed?latest_time=17", "ok", true,
		"form", form{Name: "n", Size: 9007199254740993}, "error", errors.New("dial tcp 127.0.0.1:21091: connection refused"), "nothing", nil)
	line := out.String()
	for _, part := range []string{"invalid token: it is expired", `"user_id":9007199254740991`, "/douyin/feed?latest_time=17", `"ok":true`,
		`"size":9007199254740993`, "dial tcp 127.0.0.1:21091: connection refused", `"nothing":null`} {
		if !strings.Contains(line, part) {
			t.Errorf("%s is missing in %s", part, line)
		}
	}
}

func TestUnprintableValue(t *testing.T) {
	var out bytes.Buffer
	telemetry.NewLogger(&out, slog.LevelInfo).Info("kept", "stream", make(chan int))
	if !json.Valid(out.Bytes()) || !strings.Contains(out.String(), "unprintable") {
		t.Errorf("got %s", out.String())
	}
}

func TestLevel(t *testing.T) {
	var out bytes.Buffer
	log := telemetry.NewLogger(&out, slog.LevelWarn)
	log.Info("quiet")
	log.Warn("loud")
	if strings.Contains(out.String(), "quiet") || !strings.Contains(out.String(), "loud") {
		t.Errorf("got %s", out.String())
	}
}

func TestTraceIDs(t *testing.T) {
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 2}, SpanID: trace.SpanID{3, 4}})
	ctx := trace.ContextWithSpanContext(t.Context(), span)
	var out bytes.Buffer
	log := telemetry.NewLogger(&out, slog.LevelInfo).With("app", "video")

	log.InfoContext(ctx, "inside")
	if line := out.String(); !strings.Contains(line, `"trace_id":"`+span.TraceID().String()) || !strings.Contains(line, `"span_id":"`+span.SpanID().String()) {
		t.Errorf("no ids in %s", line)
	}
	out.Reset()
	log.Info("outside")
	if strings.Contains(out.String(), "trace_id") {
		t.Errorf("ids without a span in %s", out.String())
	}
}
