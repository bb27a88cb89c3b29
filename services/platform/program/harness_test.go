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

// resources are scaled-down versions of the system's: an event is retried for
// about 3 s and delivered again after 8 s without an answer.
func resources(redis, secrets string) []string {
	return append(components(redis, secrets), `
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
`)
}

// components are the resources without subscriptions.
func components(redis, secrets string) []string {
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
`}
}

// harness is a sidecar with its Redis and a database, for a program that is
// started and stopped.
type harness struct {
	redis     *daprtest.Redis
	sidecar   *daprtest.Sidecar
	options   daprtest.Options // of the sidecar
	db        *sqlx.DB
	publisher *daprx.Publisher
	config    program.Config

	mu       sync.Mutex
	attempts map[string]int          // calls of the handler, by subject
	failing  map[string]func() error // result of the handler, by subject
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	s := &harness{redis: daprtest.StartRedis(t), db: sqltest.New(t, nil), attempts: map[string]int{}, failing: map[string]func() error{}}
	secrets := secretsFile(t, map[string]string{"the-dsn": dsn(t, s.db)})
	s.config = program.Config{
		Base:          config.Base{AppPort: daprtest.FreePort(t), ListenHost: "127.0.0.1", DaprAPIToken: "to-the-sidecar", AppAPIToken: "to-the-app"},
		DBConnections: 8, StartTimeout: patience,
	}
	s.options = daprtest.Options{
		AppID: string(app), AppPort: s.config.AppPort, HealthCheck: true, Components: resources(s.redis.Address, secrets),
		APIToken: s.config.DaprAPIToken, AppAPIToken: s.config.AppAPIToken,
	}
	s.sidecar = daprtest.Start(t, s.options)
	s.config.DaprGRPCPort = portOf(t, s.sidecar.Address)
	s.publisher = connect(t, s.sidecar.Address, s.config.DaprAPIToken).Publisher(contract.PubSub)
	return s
}

// secretsFile writes the file behind a secret store.
func secretsFile(t *testing.T, secrets map[string]string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secrets.json")
	content, err := json.Marshal(secrets)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func portOf(t *testing.T, address string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// connect dials a sidecar until the test ends.
func connect(t *testing.T, address, token string) *daprx.Sidecar {
	t.Helper()
	connection, err := daprx.Dial(daprx.Options{Address: address, APIToken: token})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := connection.Close(); err != nil {
			t.Error(err)
		}
	})
	return connection
}

// dsn returns the DSN of a test database.
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

// migrations create a table with one row per effect.
func migrations() fstest.MapFS {
	return fstest.MapFS{"0001_effects.sql": {Data: []byte("-- +goose Up\nCREATE TABLE effects (id BIGINT AUTO_INCREMENT PRIMARY KEY, subject VARCHAR(100) NOT NULL);\n")}}
}

// start runs a program that writes an effect for each event; more adds parts to
// it. The returned function stops it.
func (s *harness) start(t *testing.T, more func(ctx context.Context, p *program.Program) error) (stop func()) {
	t.Helper()
	o := program.Options{App: app, Config: s.config, DSNSecret: "the-dsn", Migrations: migrations()}
	return run(t, o, func(ctx context.Context, p *program.Program) error {
		processed := p.Inbox()
		p.Listen(topic, func(ctx context.Context, e server.Event) error { return s.handle(ctx, processed, e) })
		if more != nil {
			return more(ctx, p)
		}
		return nil
	})
}

// run runs a program until the test ends, or until the returned function stops
// it.
func run(t *testing.T, o program.Options, build func(ctx context.Context, p *program.Program) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- program.Run(ctx, o, build) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the program ended with %v", err)
			}
		case <-time.After(patience):
			t.Error("the program did not end")
		}
	})
	t.Cleanup(stop)
	return stop
}

func (s *harness) handle(ctx context.Context, processed *inbox.Inbox, e server.Event) error {
	s.mu.Lock()
	s.attempts[e.Subject]++
	fail := s.failing[e.Subject]
	s.mu.Unlock()
	if fail != nil {
		if err := fail(); err != nil {
			return err
		}
	}
	return processed.Once(ctx, "test", e.ID, func(ctx context.Context, tx sqldb.Handle) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO effects (subject) VALUES (?)", e.Subject)
		return err
	})
}

// fails makes the handler of a subject return the result of fail; nil ends the
// failures.
func (s *harness) fails(subject string, fail func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing[subject] = fail
}

func (s *harness) tried(subject string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attempts[subject]
}

func event(subject string) cloudevent.Event {
	return cloudevent.Event{
		ID: "event-of-" + subject, Source: string(app), Type: topic, Subject: subject, Version: 1, Time: time.Now(), Data: json.RawMessage(`{}`),
	}
}

func (s *harness) publish(t *testing.T, events ...cloudevent.Event) {
	t.Helper()
	if _, err := s.publisher.PublishAll(t.Context(), topic, events); err != nil {
		t.Fatal(err)
	}
}

// effects counts the effects of all events of a subject.
func (s *harness) effects(t *testing.T, subject string) int {
	t.Helper()
	return s.count(t, "SELECT COUNT(*) FROM effects WHERE subject = ?", subject)
}

func (s *harness) letters(t *testing.T) int {
	t.Helper()
	return s.count(t, "SELECT COUNT(*) FROM dead_letters")
}

// count returns -1 while the table does not exist.
func (s *harness) count(t *testing.T, query string, args ...any) int {
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

// after returns a condition that holds once d has passed.
func after(d time.Duration) func() bool {
	begin := time.Now()
	return func() bool { return time.Since(begin) > d }
}
