package deadletter_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// With killedDSN set, the test binary is the program that TestKilledTwice kills.
// The other variables name the event at which it kills itself: before the effect
// of the event, or after the effect and before the letter is deleted.
const (
	killedDSN  = "DEADLETTER_TEST_DSN"
	killBefore = "DEADLETTER_TEST_KILL_BEFORE"
	killAfter  = "DEADLETTER_TEST_KILL_AFTER"
)

func TestMain(m *testing.M) {
	if dsn := os.Getenv(killedDSN); dsn != "" {
		if err := killed(context.Background(), dsn); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// killed does what the operator's tool and the service do in a replay, from the
// beginning, and ends when no letter is left.
func killed(ctx context.Context, dsn string) error {
	db, err := sqldb.Open(ctx, dsn, sqldb.Options{})
	if err != nil {
		return err
	}
	letters, err := deadletter.List(ctx, db, deadletter.Filter{})
	if err != nil {
		return err
	}
	if err := deadletter.NewPlan(letters, false).Request(ctx, db); err != nil {
		return err
	}
	handle := count(db)
	killing := func(ctx context.Context, topic string, e cloudevent.Event) error {
		killAt(killBefore, e)
		err := handle(ctx, topic, e)
		killAt(killAfter, e)
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	replayer := deadletter.NewReplayer(db, killing, deadletter.Options{Poll: 10 * time.Millisecond, Lease: 200 * time.Millisecond, Timeout: 100 * time.Millisecond})
	ended := make(chan error, 1)
	go func() { ended <- replayer.Run(ctx) }()
	for n := 1; n > 0 && err == nil; {
		err = db.GetContext(ctx, &n, "SELECT COUNT(*) FROM dead_letters")
		<-time.After(10 * time.Millisecond)
	}
	stop()
	return errors.Join(err, <-ended)
}

func killAt(variable string, e cloudevent.Event) {
	if os.Getenv(variable) == e.ID {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // never returns
	}
}

const (
	sqlCreateEffects = `CREATE TABLE effects (event_id VARCHAR(100) PRIMARY KEY, calls INT NOT NULL)`
	sqlCreateCounter = `CREATE TABLE counter (n INT NOT NULL)`
)

// count is a handler as services have them: the event id decides, in the
// transaction of the effect, whether the event is new.
func count(db *sqlx.DB) deadletter.Handler {
	return func(ctx context.Context, _ string, e cloudevent.Event) error {
		return sqldb.InTx(ctx, db, func(ctx context.Context, tx sqldb.Handle) error {
			result, err := tx.ExecContext(ctx, `INSERT INTO effects VALUES (?, 1) ON DUPLICATE KEY UPDATE calls = calls + 1`, e.ID)
			if err != nil {
				return err
			}
			if n, err := result.RowsAffected(); err != nil || n != 1 { // an update counts as 2
				return err
			}
			_, err = tx.ExecContext(ctx, `UPDATE counter SET n = n + 1`)
			return err
		})
	}
}

// A replay of 1,000 letters that is killed twice in the middle loses no letter
// and has each effect once.
func TestKilledTwice(t *testing.T) {
	db := newDB(t)
	for _, statement := range []string{sqlCreateEffects, sqlCreateCounter, "INSERT INTO counter VALUES (0)"} {
		execute(t, db, statement)
	}
	const many = 1000
	for n := range many {
		store(t, db, payload(t, event(fmt.Sprintf("e%04d", n))))
	}
	number := func(query string) (n int) {
		t.Helper()
		if err := db.GetContext(t.Context(), &n, query); err != nil {
			t.Fatal(err)
		}
		return n
	}
	left := func() int { return number("SELECT COUNT(*) FROM dead_letters") }
	for i, kill := range []string{killAfter + "=e0300", killBefore + "=e0600", "NO_KILL="} {
		err := program(t, db, kill).Run()
		if last := i == 2; (err == nil) != last {
			t.Fatalf("%s: the program ended with %v", kill, err)
		}
		if lost := many - left() - number("SELECT COUNT(*) FROM effects"); lost > 0 {
			t.Errorf("%s: %d letters are gone without their effect", kill, lost)
		}
		t.Logf("%s: %d letters are left", kill, left())
	}
	if n, effects := number("SELECT n FROM counter"), number("SELECT COUNT(*) FROM effects"); n != many || effects != many {
		t.Errorf("counted %d, effects of %d events, want %d", n, effects, many)
	}
	if n := number("SELECT COUNT(*) FROM effects WHERE calls > 1"); n != 1 {
		t.Errorf("%d events were handled twice, want the one whose letter was left with its effect", n)
	}
}

// program is the one to kill, on the database of the test.
func program(t *testing.T, db *sqlx.DB, kill string) *exec.Cmd {
	t.Helper()
	config, err := mysql.ParseDSN(os.Getenv("TEST_MYSQL_DSN"))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.GetContext(t.Context(), &config.DBName, "SELECT DATABASE()"); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), killedDSN+"="+config.FormatDSN(), kill)
	cmd.Stderr = os.Stderr
	return cmd
}
