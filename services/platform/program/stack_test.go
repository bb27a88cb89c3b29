package program_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/config"
	"github.com/douyin-on-dapr/douyin/services/platform/daprtest"
	"github.com/douyin-on-dapr/douyin/services/platform/daprx"
	"github.com/douyin-on-dapr/douyin/services/platform/inbox"
	"github.com/douyin-on-dapr/douyin/services/platform/program"
	"github.com/douyin-on-dapr/douyin/services/platform/server"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

const (
	app         contract.App = "app"
	topic                    = "thing.happened"
	deadLetters              = "dead-letters.app"
	patience                 = 60 * time.Second
)

// resources are those of the system in small: an event is retried for some 3 s,
// and one that nobody answered for is delivered again after 8 s.
func resources(redis, secrets string) []string {
	return []string{
		daprtest.FileSecrets(contract.SecretStore, secrets),
		daprtest.RedisState(contract.StateStore, redis, contract.HotPrefix),
		fmt.Sprintf(`
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: {name: pubsub}
spec:
  type: pubsub.redis
  version: v1
  metadata:
    - {name: redisHost, value: %q}
    - {name: processingTimeout, value: 8s}
    - {name: redeliverInterval, value: "500"}
`, redis), `
apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: {name: retries}
spec:
  policies:
    timeouts: {event: 500ms}
    retries:
      event: {policy: exponential, maxInterval: 1s, maxRetries: 4}
  targets:
    components:
      pubsub:
        inbound: {timeout: event, retry: event}
`, `
apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata: {name: things}
spec:
  pubsubname: pubsub
  topic: thing.happened
  routes: {default: /events/thing.happened}
  deadLetterTopic: dead-letters.app
`, `
apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata: {name: dead-letters}
spec:
  pubsubname: pubsub
  topic: dead-letters.app
  metadata: {rawPayload: "true"}
  routes: {default: /events/dead-letters.app}
  deadLetterTopic: dead-letters.app
`}
}

// stack is a sidecar with its Redis and a database, for a program that comes and
// goes.
type stack struct {
	redis     *daprtest.Redis
	db        *sqlx.DB
	publisher *daprx.Publisher
	config    program.Config

	mu       sync.Mutex
	attempts map[string]int          // to handle, by subject
	failing  map[string]func() error // what handling a subject ends with
}

func newStack(t *testing.T) *stack {
	t.Helper()
	s := &stack{redis: daprtest.StartRedis(t), db: sqltest.New(t, nil), attempts: map[string]int{}, failing: map[string]func() error{}}
	secrets := filepath.Join(t.TempDir(), "secrets.json")
	content, err := json.Marshal(map[string]string{"the-dsn": dsn(t, s.db)})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(secrets, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s.config = program.Config{
		Base:          config.Base{AppPort: daprtest.FreePort(t), ListenHost: "127.0.0.1", DaprAPIToken: "to-the-sidecar", AppAPIToken: "to-the-app"},
		DBConnections: 8, StartTimeout: patience,
	}
	sidecar := daprtest.Start(t, daprtest.Options{
		AppID: string(app), AppPort: s.config.AppPort, HealthCheck: true, Components: resources(s.redis.Address, secrets),
		APIToken: s.config.DaprAPIToken, AppAPIToken: s.config.AppAPIToken,
	})
	_, port, err := net.SplitHostPort(sidecar.Address)
	if err != nil {
		t.Fatal(err)
	}
	if s.config.DaprGRPCPort, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	connection, err := daprx.Dial(daprx.Options{Address: sidecar.Address, APIToken: s.config.DaprAPIToken})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := connection.Close(); err != nil {
			t.Error(err)
		}
	})
	s.publisher = connection.Publisher(contract.PubSub)
	return s
}

// dsn names the database of a test.
func dsn(t *testing.T, db *sqlx.DB) string {
	t.Helper()
	parsed, err := mysql.ParseDSN(os.Getenv("TEST_MYSQL_DSN"))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.GetContext(t.Context(), &parsed.DBName, "SELECT DATABASE()"); err != nil {
		t.Fatal(err)
	}
	return parsed.FormatDSN()
}

// migrations make a table with one row for each effect.
func migrations() fstest.MapFS {
	return fstest.MapFS{"0001_effects.sql": {Data: []byte("-- +goose Up\nCREATE TABLE effects (id BIGINT AUTO_INCREMENT PRIMARY KEY, subject VARCHAR(100) NOT NULL);\n")}}
}

// start runs a program that writes an effect for each event; more adds to it.
// The function it returns ends it.
func (s *stack) start(t *testing.T, more func(ctx context.Context, p *program.Program) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- program.Run(ctx, program.Options{App: app, Config: s.config, DSNSecret: "the-dsn", Migrations: migrations()},
			func(ctx context.Context, p *program.Program) error {
				p.Listen(topic, func(ctx context.Context, e server.Event) error { return s.handle(ctx, p.DB, e) })
				if more != nil {
					return more(ctx, p)
				}
				return nil
			})
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the program ended with %v", err)
			}
		case <-time.After(patience):
			t.Error("the program does not end")
		}
	})
	t.Cleanup(stop)
	return stop
}

func (s *stack) handle(ctx context.Context, db *sqlx.DB, e server.Event) error {
	s.mu.Lock()
	s.attempts[e.Subject]++
	fail := s.failing[e.Subject]
	s.mu.Unlock()
	if fail != nil {
		if err := fail(); err != nil {
			return err
		}
	}
	return inbox.Once(ctx, db, "test", e.ID, func(ctx context.Context, tx sqldb.Handle) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO effects (subject) VALUES (?)", e.Subject)
		return err
	})
}

// fails makes the handling of a subject end with what the function says, nil for
// no more failures.
func (s *stack) fails(subject string, fail func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing[subject] = fail
}

func (s *stack) tried(subject string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attempts[subject]
}

func event(subject string) cloudevent.Event {
	return cloudevent.Event{
		ID: "event-of-" + subject, Source: string(app), Type: topic, Subject: subject, Version: 1, Time: time.Now(), Data: json.RawMessage(`{}`),
	}
}

func (s *stack) publish(t *testing.T, events ...cloudevent.Event) {
	t.Helper()
	if _, err := s.publisher.PublishAll(t.Context(), topic, events); err != nil {
		t.Fatal(err)
	}
}

// effects counts what events of a subject brought about, in all.
func (s *stack) effects(t *testing.T, subject string) int {
	t.Helper()
	return s.count(t, "SELECT COUNT(*) FROM effects WHERE subject = ?", subject)
}

func (s *stack) letters(t *testing.T) int {
	t.Helper()
	return s.count(t, "SELECT COUNT(*) FROM dead_letters")
}

// count is -1 while the table is not there.
func (s *stack) count(t *testing.T, query string, args ...any) int {
	t.Helper()
	var n int
	if err := s.db.GetContext(t.Context(), &n, query, args...); err != nil {
		if strings.Contains(err.Error(), "doesn't exist") {
			return -1
		}
		t.Fatal(err)
	}
	return n
}

// after says whether a time has passed since it was asked for.
func after(d time.Duration) func() bool {
	begin := time.Now()
	return func() bool { return time.Since(begin) > d }
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(patience)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("in vain: %s", what)
		case <-ticker.C:
		}
	}
}
