package rpc_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
	"github.com/douyin-on-dapr/douyin/services/user/internal/activity"
	"github.com/douyin-on-dapr/douyin/services/user/internal/fake"
	"github.com/douyin-on-dapr/douyin/services/user/internal/rpc"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

// harness is the service on fake ports behind a real listener.
type harness struct {
	userv1.UserServiceClient
	store      *fake.Store
	activities *fake.Activities
	stop       func() string // returns the log
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	var output bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&output, &slog.HandlerOptions{Level: slog.LevelDebug}))
	store, activities := fake.NewStore(), fake.NewActivities()
	var sessions atomic.Int64
	users := user.New(user.Ports{
		Store: store, Passwords: &fake.Passwords{Generation: "hashed"}, Hot: fake.NewHotProfiles(), IDs: &fake.IDs{},
		SessionID: func(time.Time) (string, error) { return fmt.Sprint("session-", sessions.Add(1)), nil },
		Clock:     time.Now, Log: log,
	})
	srv := server.New(server.Options{Log: log})
	userv1.RegisterUserServiceServer(srv.Registrar(), rpc.NewServer(users, activity.New(activities, fake.Changes{Commit: activity.Commit(activities)}, time.Now)))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serving, end := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- srv.Serve(serving, listener) }()
	conn, err := grpc.NewClient("passthrough:///"+listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop := func() string {
		if stopped {
			return output.String()
		}
		stopped = true
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		end()
		if err := <-served; err != nil {
			t.Error(err)
		}
		return output.String()
	}
	t.Cleanup(func() { stop() })
	return &harness{UserServiceClient: userv1.NewUserServiceClient(conn), store: store, activities: activities, stop: stop}
}

func TestASessionOverTheWire(t *testing.T) {
	s := newHarness(t)
	ctx := t.Context()
	registered, err := s.Register(ctx, &userv1.RegisterRequest{Name: "抖音", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	loggedIn, err := s.Login(ctx, &userv1.LoginRequest{Name: "抖音", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	if loggedIn.GetUserId() != registered.GetUserId() || registered.GetUserId() == 0 ||
		loggedIn.GetSessionId() == registered.GetSessionId() || loggedIn.GetSessionId() == "" {
		t.Errorf("registered %v, logged in %v", registered, loggedIn)
	}
	got, err := s.GetProfiles(ctx, &userv1.GetProfilesRequest{UserIds: []int64{999, registered.GetUserId()}})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.GetProfiles()) != 1 || got.GetProfiles()[0].GetName() != "抖音" || got.GetProfiles()[0].GetId() != registered.GetUserId() {
		t.Errorf("profiles %v", got)
	}
}

func TestRefusalsOverTheWire(t *testing.T) {
	s := newHarness(t)
	if _, err := s.Register(t.Context(), &userv1.RegisterRequest{Name: "amy", Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	register := func(name, password string) error {
		_, err := s.Register(t.Context(), &userv1.RegisterRequest{Name: name, Password: password})
		return err
	}
	login := func(name, password string) error {
		_, err := s.Login(t.Context(), &userv1.LoginRequest{Name: name, Password: password})
		return err
	}
	profiles := func(ids ...int64) error {
		_, err := s.GetProfiles(t.Context(), &userv1.GetProfilesRequest{UserIds: ids})
		return err
	}
	tests := map[string]struct {
		err    error
		code   errs.Code
		reason string
	}{
		"name":        {register("", "secret"), errs.Invalid, userv1.ReasonNameInvalid},
		"password":    {register("bob", ""), errs.Invalid, userv1.ReasonPasswordInvalid},
		"taken":       {register("AMY", "secret"), errs.Conflict, userv1.ReasonNameTaken},
		"credentials": {login("amy", "wrong"), errs.Unauthenticated, userv1.ReasonWrongCredentials},
		"unknown":     {login("bob", "wrong"), errs.Unauthenticated, userv1.ReasonWrongCredentials},
		"ids":         {profiles(0), errs.Invalid, userv1.ReasonIDsInvalid},
	}
	for label, test := range tests {
		err := errs.FromStatus(test.err)
		if errs.CodeOf(err) != test.code || errs.ReasonOf(err) != test.reason {
			t.Errorf("%s: %v %q, want %v %q", label, errs.CodeOf(err), errs.ReasonOf(err), test.code, test.reason)
		}
	}
}

// Neither logs nor answers contain a password or a hash, whatever fails.
func TestNoPasswordInAnswersOrLogs(t *testing.T) {
	const canary = "canary-4711"
	s := newHarness(t)
	ask := func() (answers []string) {
		for _, password := range []string{canary, canary + strings.Repeat("x", 32), canary + "\xff"} {
			_, registering := s.Register(t.Context(), &userv1.RegisterRequest{Name: "amy", Password: password})
			_, loggingIn := s.Login(t.Context(), &userv1.LoginRequest{Name: "amy", Password: password + "!"})
			answers = append(answers, fmt.Sprint(registering), fmt.Sprint(loggingIn))
		}
		return answers
	}
	answers := ask()
	s.store.FailWith(fmt.Errorf("table is broken"))
	answers = append(answers, ask()...)
	log := s.stop()
	if !strings.Contains(log, "table is broken") {
		t.Errorf("the failure is not logged: %s", log)
	}
	for _, text := range append(answers, log) {
		if strings.Contains(text, canary) || strings.Contains(text, "hashed$") {
			t.Errorf("contains a secret: %s", text)
		}
	}
	for _, text := range answers {
		if strings.Contains(text, "table is broken") {
			t.Errorf("an answer contains internals: %s", text)
		}
	}
}
