package daprx_test

import (
	"context"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/douyin-on-dapr/douyin/services/platform/daprtest"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
)

// The methods of a contract: one that reads, one that may be repeated, one of
// which nothing is said.
const (
	readMethod  = "/daprx.again.Things/Read"
	putMethod   = "/daprx.again.Things/Put"
	spendMethod = "/daprx.again.Things/Spend"
)

var things = sync.OnceValue(func() error {
	level := func(l descriptorpb.MethodOptions_IdempotencyLevel) *descriptorpb.MethodOptions {
		return &descriptorpb.MethodOptions{IdempotencyLevel: &l}
	}
	method := func(name string, o *descriptorpb.MethodOptions) *descriptorpb.MethodDescriptorProto {
		empty := proto.String(".google.protobuf.Empty")
		return &descriptorpb.MethodDescriptorProto{Name: &name, InputType: empty, OutputType: empty, Options: o}
	}
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("daprx/again.proto"), Package: proto.String("daprx.again"), Syntax: proto.String("proto3"),
		Dependency: []string{"google/protobuf/empty.proto"},
		Service: []*descriptorpb.ServiceDescriptorProto{{Name: proto.String("Things"), Method: []*descriptorpb.MethodDescriptorProto{
			method("Read", level(descriptorpb.MethodOptions_NO_SIDE_EFFECTS)),
			method("Put", level(descriptorpb.MethodOptions_IDEMPOTENT)),
			method("Spend", nil),
		}}},
	}, protoregistry.GlobalFiles)
	if err != nil {
		return err
	}
	return protoregistry.GlobalFiles.RegisterFile(file)
})

// scripted is a sidecar that answers the calls with one error after the other,
// and then well. It counts them.
func scripted(t *testing.T, answers ...error) (address string, calls func() int) {
	t.Helper()
	var mu sync.Mutex
	n := 0
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fake := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		if err := stream.RecvMsg(new(emptypb.Empty)); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		n++
		if n <= len(answers) {
			return answers[n-1]
		}
		return stream.SendMsg(new(emptypb.Empty))
	}))
	served := make(chan error, 1)
	go func() { served <- fake.Serve(listener) }()
	t.Cleanup(func() {
		fake.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String(), func() int { mu.Lock(); defer mu.Unlock(); return n }
}

func TestWhichCallsAreSentAgain(t *testing.T) {
	if err := things(); err != nil {
		t.Fatal(err)
	}
	refused := status.Error(codes.Unavailable, `connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:1: connect: connection refused"`)
	broken := status.Error(codes.Unavailable, "error reading from server: EOF")
	ended := status.Error(codes.Canceled, "context canceled")
	busy := errs.ToStatus(errs.New(errs.Unavailable, "BUSY", "Error while dialing a friend."))
	fault := status.Error(codes.Internal, "")
	for name, c := range map[string]struct {
		method  string
		answers []error
		calls   int
		want    errs.Code // Internal and ok: the call passes
		ok      bool
	}{
		"nobody began it":             {spendMethod, []error{refused, refused, refused}, 4, 0, true},
		"nobody ever begins it":       {spendMethod, []error{refused, refused, refused, refused, refused, refused, refused, refused, refused, refused, refused}, 10, errs.Unavailable, false},
		"read, cut off":               {readMethod, []error{broken}, 2, 0, true},
		"read, sidecar ends":          {readMethod, []error{ended}, 2, 0, true},
		"put, cut off":                {putMethod, []error{broken}, 2, 0, true},
		"read, cut off twice":         {readMethod, []error{broken, broken}, 2, errs.Unavailable, false},
		"read, cut off, then refused": {readMethod, []error{broken, refused, refused}, 4, 0, true},
		"spent, perhaps":              {spendMethod, []error{broken}, 1, errs.Unavailable, false},
		"unknown to the contract":     {"/daprx.again.Things/Other", []error{broken}, 1, errs.Unavailable, false},
		"refused, then perhaps spent": {spendMethod, []error{refused, broken}, 2, errs.Unavailable, false},
		"the program's own refusal":   {readMethod, []error{busy}, 1, errs.Unavailable, false},
		"the program's own fault":     {readMethod, []error{fault}, 1, errs.Internal, false},
	} {
		t.Run(name, func(t *testing.T) {
			address, calls := scripted(t, c.answers...)
			peer := dial(t, daprx.Options{Address: address}).Peer(callee)
			err := peer.Invoke(t.Context(), c.method, new(emptypb.Empty), new(emptypb.Empty))
			if (err == nil) != c.ok || !c.ok && errs.CodeOf(err) != c.want {
				t.Errorf("the call returns %v", err)
			}
			if calls() != c.calls {
				t.Errorf("%d calls, want %d", calls(), c.calls)
			}
		})
	}
}

// A caller that has left, or has no time left, is not served any more.
func TestNothingIsSentAgainAfterTheDeadline(t *testing.T) {
	refused := status.Error(codes.Unavailable, "Error while dialing")
	address, calls := scripted(t, refused, refused, refused, refused, refused, refused, refused, refused)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := dial(t, daprx.Options{Address: address}).Peer(callee).Invoke(ctx, spendMethod, new(emptypb.Empty), new(emptypb.Empty))
	if err == nil || calls() > 5 {
		t.Errorf("Invoke = %v after %d calls and %v", err, calls(), time.Since(start))
	}
}

// With one of two replicas down, be it the program or its sidecar, calls are
// answered by the other, writes too.
func TestTheOtherReplicaAnswers(t *testing.T) {
	p := startPair(t, same)
	o := p.calleeOptions
	o.AppPort = daprtest.FreePort(t)
	second := server.New(server.Options{
		Address: net.JoinHostPort("127.0.0.1", strconv.Itoa(o.AppPort)), APIToken: appToken, Log: slog.New(slog.DiscardHandler),
	})
	seen := make(chan struct{}, 1000)
	daprtest.RegisterEcho(second.Registrar(), func(_ context.Context, text string) (string, error) {
		seen <- struct{}{}
		return text, nil
	})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- second.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	sidecar := daprtest.Start(t, o)
	soon(t, "the second replica is called", func() bool { return p.say(t.Context()) == nil && len(seen) > 0 })

	all := func(what string) {
		t.Helper()
		var failed []error
		for range 40 {
			if err := p.say(t.Context()); err != nil {
				failed = append(failed, err)
			}
		}
		// Names are looked up by chance here, so that one in a thousand calls meets
		// the dead replica every time; without repeating, every second does.
		if len(failed) > 2 {
			t.Errorf("%s: %d of 40 calls fail: %v", what, len(failed), failed)
		}
	}
	all("both up")
	stop()
	err := <-ended
	ended <- err
	all("the second program is down")
	sidecar.Kill()
	all("its sidecar too")
}
