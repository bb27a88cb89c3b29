package daprx_test

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/daprtest"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// mustBeUnavailable makes a call and expects a clear failure before its deadline.
func mustBeUnavailable(t *testing.T, p *pair) {
	t.Helper()
	start := time.Now()
	err := p.say(t.Context())
	t.Logf("%v after %v", err, time.Since(start))
	if errs.CodeOf(err) != errs.Unavailable || messageOf(err) != "" || time.Since(start) >= 3*time.Second {
		t.Errorf("Say = %v; want Unavailable without a text for the public", err)
	}
}

// Calls between programs go through both sidecars: without either of them calls
// fail although both programs run. They pass again once it is back.
func TestCallsNeedBothSidecars(t *testing.T) {
	p := startPair(t, same)

	p.callee.Kill()
	mustBeUnavailable(t, p)
	p.callee = daprtest.Start(t, p.calleeOptions)
	eventually(t, "calls pass with a new sidecar of the callee", func() bool { return p.say(t.Context()) == nil })

	p.caller.Kill()
	mustBeUnavailable(t, p)
	p.caller = daprtest.StartAt(t, p.callerOptions, p.callerPort)
	back := time.Now()
	eventually(t, "calls pass with a new sidecar of the caller", func() bool { return p.say(t.Context()) == nil })
	if d := time.Since(back); d > 3*time.Second {
		t.Errorf("the new sidecar was used after %v", d)
	}
}

// A call waits for a program that is down for a moment. The callee's sidecar
// connects to it late, because of gRPC's back-off. The method is not idempotent.
func TestCallWaitsForAProgramThatRestarts(t *testing.T) {
	p := startPair(t, same)
	p.endProgram()
	called := make(chan error, 1)
	go func() { called <- p.say(t.Context()) }()
	select {
	case err := <-called:
		t.Fatalf("Say = %v without a program", err)
	case <-time.After(700 * time.Millisecond): // the length of the outage
	}
	p.startProgram(t, same)
	if err := <-called; err != nil {
		t.Errorf("Say = %v, want an answer of the restarted program", err)
	}
}

func TestCallWaitsForASidecarThatRestarts(t *testing.T) {
	p := startPair(t, same)
	p.callee.Kill()
	called := make(chan error, 1)
	go func() { called <- p.say(t.Context()) }()
	select {
	case err := <-called:
		t.Fatalf("Say = %v without the callee's sidecar", err)
	case <-time.After(700 * time.Millisecond): // the length of the outage
	}
	p.callee = daprtest.Start(t, p.calleeOptions)
	if err := <-called; err != nil {
		t.Errorf("Say = %v, want an answer through the new sidecar", err)
	}
}

func TestProgramThatIsDownIsUnavailable(t *testing.T) {
	p := startPair(t, same)
	p.endProgram()
	mustBeUnavailable(t, p)
}

func TestWaitReadyWaitsForTheSidecar(t *testing.T) {
	port := daprtest.FreePort(t)
	o := daprtest.Options{AppID: "late"}
	dapr := dial(t, daprx.Options{Address: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))})

	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := dapr.WaitReady(short); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("WaitReady without a sidecar = %v", err)
	}
	ready := make(chan error, 1)
	ctx, cancelWait := context.WithTimeout(t.Context(), time.Minute)
	defer cancelWait()
	go func() { ready <- dapr.WaitReady(ctx) }()
	daprtest.StartAt(t, o, port)
	start := time.Now()
	if err := <-ready; err != nil || time.Since(start) > 3*time.Second {
		t.Errorf("WaitReady = %v, %v after the sidecar", err, time.Since(start))
	}
}
