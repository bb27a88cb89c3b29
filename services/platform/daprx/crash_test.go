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

// mustBeUnavailable makes a call and expects a quick and clear failure.
func mustBeUnavailable(t *testing.T, p *pair) {
	t.Helper()
	start := time.Now()
	err := p.say(t.Context())
	t.Logf("%v after %v", err, time.Since(start))
	if errs.CodeOf(err) != errs.Unavailable || messageOf(err) != "" {
		t.Errorf("Say = %v; want Unavailable without a text for the public", err)
	}
}

// Calls between programs go through both sidecars: without either they fail,
// though both programs live. They pass again once it is back.
func TestCallsNeedBothSidecars(t *testing.T) {
	p := startPair(t, same)

	p.callee.Kill()
	mustBeUnavailable(t, p)
	p.callee = daprtest.Start(t, p.calleeOptions)
	soon(t, "calls pass with a new sidecar of the callee", func() bool { return p.say(t.Context()) == nil })

	p.caller.Kill()
	mustBeUnavailable(t, p)
	p.caller = daprtest.StartAt(t, p.callerOptions, p.callerPort)
	back := time.Now()
	soon(t, "calls pass with a new sidecar of the caller", func() bool { return p.say(t.Context()) == nil })
	if d := time.Since(back); d > 3*time.Second {
		t.Errorf("the new sidecar was used after %v", d)
	}
}

func TestProgramThatIsDownIsUnavailable(t *testing.T) {
	p := startPair(t, same)
	p.stopProgram()
	err := <-p.programHasEnded
	p.programHasEnded <- err
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
