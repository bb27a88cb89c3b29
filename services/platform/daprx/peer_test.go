package daprx_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/metadata"

	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/daprtest"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

const callee contract.App = "callee"

const (
	suffix   = "-test"
	apiToken = "token of the sidecars"
	appToken = "token of the program"
)

// pair is two sidecars and a program behind one of them: the path of a call
// between programs.
type pair struct {
	caller, callee *daprtest.Sidecar
	callerOptions  daprtest.Options
	calleeOptions  daprtest.Options
	dapr           *daprx.Sidecar
	endProgram     func() // and waits for its end
	callerPort     int
}

func startPair(t *testing.T, say daprtest.EchoFunc) *pair {
	t.Helper()
	p := &pair{callerPort: daprtest.FreePort(t)}
	names := filepath.Join(t.TempDir(), "names.db")
	appPort := daprtest.FreePort(t)
	p.callerOptions = daprtest.Options{AppID: "caller" + suffix, Names: names, APIToken: apiToken}
	p.calleeOptions = daprtest.Options{AppID: string(callee) + suffix, Names: names, APIToken: apiToken, AppAPIToken: appToken, AppPort: appPort, HealthCheck: true}

	p.startProgram(t, say)
	p.callee = daprtest.Start(t, p.calleeOptions)
	p.caller = daprtest.StartAt(t, p.callerOptions, p.callerPort)
	p.dapr = dial(t, daprx.Options{Address: p.caller.Address, APIToken: apiToken, AppIDSuffix: suffix})
	if err := p.dapr.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the first call passes", func() bool { return p.say(t.Context()) == nil })
	return p
}

// startProgram runs the called program until the test ends or endProgram.
func (p *pair) startProgram(t *testing.T, say daprtest.EchoFunc) {
	t.Helper()
	program := server.New(server.Options{
		Address:  net.JoinHostPort("127.0.0.1", strconv.Itoa(p.calleeOptions.AppPort)),
		APIToken: appToken,
		Log:      slog.New(slog.DiscardHandler),
	})
	daprtest.RegisterEcho(program.Registrar(), say)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- program.Run(ctx) }()
	p.endProgram = sync.OnceFunc(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(p.endProgram)
}

func (p *pair) say(ctx context.Context) error {
	_, err := daprtest.Say(ctx, p.dapr.Peer(callee), "hello")
	return err
}

func same(_ context.Context, text string) (string, error) { return text, nil }

// seen is the part of a call that the program sees.
type seen struct {
	metadata metadata.MD
	timeLeft time.Duration
	trace    oteltrace.SpanContext
}

func TestCallsBetweenPrograms(t *testing.T) {
	previous := otel.GetTextMapPropagator()
	otel.SetTextMapPropagator(propagation.TraceContext{})
	t.Cleanup(func() { otel.SetTextMapPropagator(previous) })

	taken := errs.New(errs.Conflict, "KEY_TAKEN", "that name is taken / 名字已存在")
	calls := make(chan seen, 1)
	ended := make(chan struct{}, 1)
	p := startPair(t, func(ctx context.Context, text string) (string, error) {
		switch text {
		case "taken":
			return "", errs.Wrap("user.Register", taken)
		case "fault":
			return "", context.Canceled
		case "stuck":
			<-ctx.Done()
			ended <- struct{}{}
			return "", ctx.Err()
		case "look":
			md, _ := metadata.FromIncomingContext(ctx)
			deadline, _ := ctx.Deadline()
			calls <- seen{md, time.Until(deadline), oteltrace.SpanContextFromContext(ctx)}
		}
		return text, nil
	})
	peer := p.dapr.Peer(callee)

	t.Run("refusals arrive unchanged", func(t *testing.T) {
		_, err := daprtest.Say(t.Context(), peer, "taken")
		if errs.CodeOf(err) != errs.Conflict || errs.ReasonOf(err) != "KEY_TAKEN" || messageOf(err) != taken.Message {
			t.Errorf("Say = %v", err)
		}
	})
	t.Run("what the program sees", func(t *testing.T) {
		tracer := trace.NewTracerProvider().Tracer("test")
		ctx, span := tracer.Start(t.Context(), "request")
		defer span.End()
		if _, err := daprtest.Say(ctx, peer, "look"); err != nil {
			t.Fatal(err)
		}
		call := <-calls
		t.Logf("metadata: %v", call.metadata)
		if tokens := call.metadata["dapr-api-token"]; len(tokens) != 1 || tokens[0] != appToken {
			t.Errorf("dapr-api-token %q, want the program's only", tokens)
		}
		if call.timeLeft <= 0 || call.timeLeft > 3*time.Second {
			t.Errorf("time left %v, want at most the default of 3 s", call.timeLeft)
		}
		if call.trace.TraceID() != span.SpanContext().TraceID() {
			t.Errorf("trace %v, want %v", call.trace.TraceID(), span.SpanContext().TraceID())
		}
	})
	t.Run("deadline", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := daprtest.Say(ctx, peer, "stuck")
		if errs.CodeOf(err) != errs.Timeout || time.Since(start) > 2*time.Second {
			t.Errorf("Say = %v after %v", err, time.Since(start))
		}
		waitFor(t, ended, "the program notices the deadline")
	})
	t.Run("cancelled caller", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(200*time.Millisecond, cancel)
		if _, err := daprtest.Say(ctx, peer, "stuck"); errs.CodeOf(err) != errs.Unavailable {
			t.Errorf("Say = %v", err)
		}
		waitFor(t, ended, "the program notices that the caller left")
	})
	t.Run("no app has that name", func(t *testing.T) {
		start := time.Now()
		_, err := daprtest.Say(t.Context(), p.dapr.Peer("nobody"), "hello")
		if errs.CodeOf(err) != errs.Unavailable {
			t.Errorf("Say = %v", err)
		}
		t.Logf("%v after %v", err, time.Since(start))
	})
	t.Run("names without the suffix are not found", func(t *testing.T) {
		stranger := dial(t, daprx.Options{Address: p.caller.Address, APIToken: apiToken})
		if _, err := daprtest.Say(t.Context(), stranger.Peer(callee), "hello"); errs.CodeOf(err) != errs.Unavailable {
			t.Errorf("Say = %v", err)
		}
	})
}

func waitFor(t *testing.T, happened <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-happened:
	case <-time.After(10 * time.Second):
		t.Errorf("not in 10 s: %s", what)
	}
}

// messageOf returns the text for the public.
func messageOf(err error) string {
	var e *errs.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Message
}
