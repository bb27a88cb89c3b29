package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	runtimev1 "github.com/dapr/dapr/pkg/proto/runtime/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/douyin-on-dapr/douyin/services/platform/daprtest"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

// logBuffer receives the log of a server that runs beside the test.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// records returns the lines so far.
func (b *logBuffer) records(t *testing.T) []map[string]any {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	var records []map[string]any
	for line := range strings.Lines(b.text.String()) {
		record := map[string]any{}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		records = append(records, record)
	}
	return records
}

// running is a server with the echo service, and a connection to it.
type running struct {
	conn *grpc.ClientConn
	log  *logBuffer
	stop context.CancelFunc
	end  chan error // result of Serve
}

func run(t *testing.T, o server.Options, say daprtest.EchoFunc) *running {
	t.Helper()
	r := &running{log: &logBuffer{}, end: make(chan error, 1)}
	o.Log = slog.New(slog.NewJSONHandler(r.log, nil))
	listener := bufconn.Listen(1 << 16)
	s := server.New(o)
	daprtest.RegisterEcho(s.Registrar(), say)
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() { r.end <- s.Serve(ctx, listener) }()
	conn, err := grpc.NewClient("passthrough:///test",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	r.conn = conn
	t.Cleanup(func() {
		stop()
		conn.Close()
	})
	return r
}

func same(_ context.Context, text string) (string, error) { return text, nil }

func TestErrorsAreSentAndLoggedOnce(t *testing.T) {
	taken := errs.New(errs.Conflict, "KEY_TAKEN", "that name is taken")
	tests := map[string]struct {
		err   error
		code  errs.Code
		level string
		text  string // of the public message
	}{
		"refusal":       {errs.Wrap("user.Register", taken), errs.Conflict, "INFO", "that name is taken"},
		"foreign error": {errors.New("dsn root:secret@tcp"), errs.Internal, "ERROR", ""},
		"part is down":  {&errs.Error{Code: errs.Unavailable, Cause: errors.New("connection refused")}, errs.Unavailable, "WARN", ""},
		"deadline":      {context.DeadlineExceeded, errs.Timeout, "WARN", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := run(t, server.Options{}, func(context.Context, string) (string, error) { return "", test.err })
			_, err := daprtest.Say(t.Context(), r.conn, "hello")
			if got := status.Convert(err).Message(); got != test.text {
				t.Errorf("on the wire: %q", got)
			}
			if decoded := errs.FromStatus(err); errs.CodeOf(decoded) != test.code || errs.ReasonOf(decoded) != errs.ReasonOf(test.err) {
				t.Errorf("decoded: %v", decoded)
			}
			records := r.log.records(t)
			if len(records) != 1 {
				t.Fatalf("log: %v", records)
			}
			record := records[0]
			if record["level"] != test.level || record["method"] != daprtest.EchoMethod || record["code"] != test.code.String() ||
				record["error"] != test.err.Error() || record["reason"] != errs.ReasonOf(test.err) {
				t.Errorf("log: %v", record)
			}
		})
	}
}

func TestSuccessIsNotLogged(t *testing.T) {
	r := run(t, server.Options{}, same)
	if got, err := daprtest.Say(t.Context(), r.conn, "hello"); got != "hello" || err != nil {
		t.Errorf("Say = %q, %v", got, err)
	}
	if records := r.log.records(t); len(records) != 0 {
		t.Errorf("log: %v", records)
	}
}

func TestPanicEndsOneCall(t *testing.T) {
	r := run(t, server.Options{}, func(_ context.Context, text string) (string, error) {
		if text == "panic" {
			panic("secret detail")
		}
		return text, nil
	})
	_, err := daprtest.Say(t.Context(), r.conn, "panic")
	if status.Code(err) != codes.Internal || status.Convert(err).Message() != "" {
		t.Errorf("Say = %v", err)
	}
	records := r.log.records(t)
	if len(records) != 1 || records[0]["error"] != "internal: panic: secret detail" || !strings.Contains(records[0]["stack"].(string), "server_test.go") {
		t.Errorf("log: %v", records)
	}
	if got, err := daprtest.Say(t.Context(), r.conn, "again"); got != "again" || err != nil {
		t.Errorf("after the panic: %q, %v", got, err)
	}
}

func TestOnlyTheSidecarMayCall(t *testing.T) {
	r := run(t, server.Options{APIToken: "right"}, same)
	for token, want := range map[string]codes.Code{"": codes.Unauthenticated, "wrong": codes.Unauthenticated, "right": codes.OK} {
		ctx := t.Context()
		if token != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "dapr-api-token", token)
		}
		if _, err := daprtest.Say(ctx, r.conn, "hello"); status.Code(err) != want {
			t.Errorf("token %q: %v", token, err)
		}
	}
}

// The sidecar calls these methods without its token.
func TestHealthAndDiscoveryAreOpen(t *testing.T) {
	r := run(t, server.Options{APIToken: "right"}, same)
	callbacks := runtimev1.NewAppCallbackClient(r.conn)
	if _, err := healthv1.NewHealthClient(r.conn).Check(t.Context(), &healthv1.HealthCheckRequest{}); err != nil {
		t.Error(err)
	}
	if _, err := runtimev1.NewAppCallbackHealthCheckClient(r.conn).HealthCheck(t.Context(), &emptypb.Empty{}); err != nil {
		t.Error(err)
	}
	if topics, err := callbacks.ListTopicSubscriptions(t.Context(), &emptypb.Empty{}); err != nil || len(topics.GetSubscriptions()) != 0 {
		t.Errorf("topics %v, %v", topics, err)
	}
	if bindings, err := callbacks.ListInputBindings(t.Context(), &emptypb.Empty{}); err != nil || len(bindings.GetBindings()) != 0 {
		t.Errorf("bindings %v, %v", bindings, err)
	}
	if _, err := callbacks.OnTopicEvent(t.Context(), &runtimev1.TopicEventRequest{}); status.Code(err) != codes.Unauthenticated {
		t.Errorf("an event without the token: %v", err)
	}
	stream, err := healthv1.NewHealthClient(r.conn).Watch(t.Context(), &healthv1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); status.Code(err) != codes.Unauthenticated {
		t.Errorf("a stream without the token: %v", err)
	}
}

func TestMissingMethodsAreUnimplemented(t *testing.T) {
	r := run(t, server.Options{}, same)
	if _, err := runtimev1.NewAppCallbackClient(r.conn).OnBindingEvent(t.Context(), &runtimev1.BindingEventRequest{}); status.Code(err) != codes.Unimplemented {
		t.Errorf("OnBindingEvent = %v", err)
	}
}
