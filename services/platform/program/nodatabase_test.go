package program_test

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/config"
	"github.com/douyin-on-dapr/douyin/services/platform/daprtest"
	"github.com/douyin-on-dapr/douyin/services/platform/program"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

// serving reports whether the program at address is ready, as orchestrators and
// the sidecar ask.
func serving(t *testing.T, address string) bool {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answer, err := healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{})
	return err == nil && answer.GetStatus() == healthv1.HealthCheckResponse_SERVING
}

// hints is a subscription without a dead letter topic.
const hints = `
apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata: {name: things}
spec:
  pubsubname: pubsub
  topic: thing.happened
  routes: {default: /events/thing.happened}
`

// A program without a database starts, is ready and receives events although
// there is neither a MySQL server nor a DSN. Its events are hints: one that
// fails is dropped after its retries.
func TestProgramWithoutADatabase(t *testing.T) {
	t.Parallel()
	redis := daprtest.StartRedis(t)
	c := program.Config{
		Base:         config.Base{AppPort: daprtest.FreePort(t), ListenHost: "127.0.0.1"},
		StartTimeout: patience,
	}
	sidecar := daprtest.Start(t, daprtest.Options{
		AppID: string(app), AppPort: c.AppPort, HealthCheck: true, Components: append(components(redis.Address, secretsFile(t, nil)), hints),
	})
	c.DaprGRPCPort = portOf(t, sidecar.Address)
	publisher := connect(t, sidecar.Address, "").Publisher(contract.PubSub)

	subjects := make(chan string, 10)
	run(t, program.Options{App: app, Config: c}, func(_ context.Context, p *program.Program) error {
		if p.DB != nil {
			t.Error("the program has a database")
		}
		p.Listen(topic, func(_ context.Context, e server.Event) error {
			subjects <- e.Subject
			if e.Subject == "bad" {
				return errBroken
			}
			return nil
		})
		return nil
	})
	sqltest.Eventually(t, "the program is ready", func() bool { return serving(t, c.Address()) })
	if _, err := publisher.PublishAll(t.Context(), topic, []cloudevent.Event{event("bad"), event("good")}); err != nil {
		t.Fatal(err)
	}
	for got := ""; got != "good"; {
		select {
		case got = <-subjects:
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		}
	}
	if !serving(t, c.Address()) {
		t.Error("a failing event made the program unready")
	}
}

// A program that has a database is ready only while the database answers.
func TestReadinessFollowsTheDatabase(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	opened := make(chan *program.Program, 1)
	s.start(t, func(_ context.Context, p *program.Program) error {
		opened <- p
		return nil
	})
	p := <-opened
	sqltest.Eventually(t, "the program is ready", func() bool { return serving(t, s.config.Address()) })
	if err := p.DB.Close(); err != nil {
		t.Fatal(err)
	}
	if serving(t, s.config.Address()) {
		t.Error("the program is ready without its database")
	}
}

// A program that nobody calls has no app port and only runs its tasks.
func TestProgramWithoutAnAppPort(t *testing.T) {
	t.Parallel()
	sidecar := daprtest.Start(t, daprtest.Options{AppID: string(app)})
	c := program.Config{StartTimeout: patience}
	c.DaprGRPCPort = portOf(t, sidecar.Address)
	started, ended := make(chan struct{}), make(chan struct{})
	stop := run(t, program.Options{App: app, Config: c}, func(_ context.Context, p *program.Program) error {
		p.Background(func(ctx context.Context) error {
			close(started)
			<-ctx.Done()
			close(ended)
			return nil
		})
		return nil
	})
	<-started
	stop()
	<-ended
}

func TestPartsThatNeedADatabase(t *testing.T) {
	t.Parallel()
	sidecar := daprtest.Start(t, daprtest.Options{AppID: string(app)})
	c := program.Config{StartTimeout: patience}
	c.DaprGRPCPort = portOf(t, sidecar.Address)
	for name, build := range map[string]func(ctx context.Context, p *program.Program) error{
		"ids":    func(ctx context.Context, p *program.Program) error { _, err := p.LeaseIDs(ctx); return err },
		"outbox": func(_ context.Context, p *program.Program) error { p.Outbox(nil); return nil },
		"inbox":  func(_ context.Context, p *program.Program) error { p.Inbox(); return nil },
	} {
		err := program.Run(t.Context(), program.Options{App: app, Config: c}, build)
		if err == nil || !strings.Contains(err.Error(), "no database") {
			t.Errorf("%s: %v", name, err)
		}
	}
	err := program.Run(t.Context(), program.Options{App: app, Config: c, Migrations: migrations()}, nil)
	if err == nil || !strings.Contains(err.Error(), "no database") {
		t.Errorf("migrations: %v", err)
	}
}

// Only a consumer that asks for the inbox gets its table.
func TestInboxTableIsCreatedOnUse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		use  bool
		want int // -1: the table does not exist
	}{"used": {true, 0}, "not used": {false, -1}} {
		t.Run(name, func(t *testing.T) {
			s := newHarness(t)
			run(t, program.Options{App: app, Config: s.config, DSNSecret: "the-dsn"}, func(_ context.Context, p *program.Program) error {
				p.Listen(topic, func(context.Context, server.Event) error { return nil })
				if test.use {
					p.Inbox()
				}
				return nil
			})
			sqltest.Eventually(t, "the program is ready", func() bool { return serving(t, s.config.Address()) })
			if n := s.count(t, "SELECT COUNT(*) FROM processed_events"); n != test.want {
				t.Errorf("count %d, want %d", n, test.want)
			}
			if n := s.letters(t); n != 0 {
				t.Errorf("%d dead letters, want an empty table", n)
			}
		})
	}
}
