package sqldb_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

func serverError(number uint16, message string) error {
	return fmt.Errorf("insert: %w", &mysql.MySQLError{Number: number, Message: message})
}

// The two servers format the message differently, and the entry is a user's text.
func TestIsDuplicateMessages(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		key  string
		want bool
	}{
		{"MariaDB", serverError(1062, "Duplicate entry 'ann' for key 'users_name'"), "users_name", true},
		{"MySQL", serverError(1062, "Duplicate entry 'ann' for key 'users.users_name'"), "users_name", true},
		{"any key", serverError(1062, "Duplicate entry 'ann' for key 'users.users_name'"), "", true},
		{"primary key", serverError(1062, "Duplicate entry '1' for key 'users.PRIMARY'"), "primary", true},
		{"another key", serverError(1062, "Duplicate entry '1' for key 'PRIMARY'"), "users_name", false},
		{"longer name", serverError(1062, "Duplicate entry '1' for key 'other_users_name'"), "users_name", false},
		{"forged by the entry", serverError(1062, "Duplicate entry 'x' for key 'users_name' for key 'PRIMARY'"), "users_name", false},
		{"another error", serverError(1213, "Deadlock found for key 'users_name'"), "users_name", false},
		{"foreign error", errors.New("Duplicate entry"), "", false},
		{"nil", nil, "", false},
	} {
		if got := sqldb.IsDuplicate(c.err, c.key); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}

func TestIsDuplicateOnTheServer(t *testing.T) {
	db := sqltest.New(t, nil)
	db.MustExec("CREATE TABLE users (id BIGINT PRIMARY KEY, name VARCHAR(100) NOT NULL, UNIQUE KEY users_name (name))")
	db.MustExec("INSERT INTO users VALUES (1, 'ann'), (2, ?)", "x' for key 'PRIMARY'")

	_, err := db.ExecContext(t.Context(), "INSERT INTO users VALUES (3, 'ann')")
	if !sqldb.IsDuplicate(err, "users_name") || !sqldb.IsDuplicate(err, "") || sqldb.IsDuplicate(err, "PRIMARY") {
		t.Errorf("same name: %v", err)
	}
	_, err = db.ExecContext(t.Context(), "INSERT INTO users VALUES (1, 'bob')")
	if !sqldb.IsDuplicate(err, "PRIMARY") || sqldb.IsDuplicate(err, "users_name") {
		t.Errorf("same id: %v", err)
	}
	_, err = db.ExecContext(t.Context(), "INSERT INTO users VALUES (4, ?)", "x' for key 'PRIMARY'")
	if !sqldb.IsDuplicate(err, "users_name") || sqldb.IsDuplicate(err, "PRIMARY") {
		t.Errorf("a misleading name: %v", err)
	}
	_, err = db.ExecContext(t.Context(), "INSERT INTO users VALUES (5, NULL)")
	if err == nil || sqldb.IsDuplicate(err, "") {
		t.Errorf("not a duplicate: %v", err)
	}
}

func TestWrap(t *testing.T) {
	if err := sqldb.Wrap("op", nil); err != nil {
		t.Errorf("Wrap(nil) = %v", err)
	}
	for _, c := range []struct {
		name string
		err  error
		want errs.Code
	}{
		{"refusal keeps its code", fmt.Errorf("x: %w", errs.New(errs.Conflict, "KEY_TAKEN", "")), errs.Conflict},
		{"server gone", &net.OpError{Op: "dial", Err: errors.New("connection refused")}, errs.Unavailable},
		{"connection broke", mysql.ErrInvalidConn, errs.Unavailable},
		{"no good connection", fmt.Errorf("begin: %w", driver.ErrBadConn), errs.Unavailable},
		{"caller left", context.Canceled, errs.Unavailable},
		{"too many connections", serverError(1040, ""), errs.Unavailable},
		{"deadlock again and again", serverError(1213, ""), errs.Unavailable},
		{"read only", serverError(1290, ""), errs.Unavailable},
		{"deadline", fmt.Errorf("x: %w", context.DeadlineExceeded), errs.Timeout},
		{"statement time", serverError(1969, ""), errs.Timeout},
		{"bad query", serverError(1064, ""), errs.Internal},
		{"no rows", sql.ErrNoRows, errs.Internal},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := sqldb.Wrap("user.Create", c.err)
			if errs.CodeOf(got) != c.want {
				t.Errorf("code %v, want %v", errs.CodeOf(got), c.want)
			}
			if !errors.Is(got, c.err) {
				t.Error("the cause is lost")
			}
		})
	}
}

// The errors of a real server that disappears or is slow.
func TestWrapOnTheServer(t *testing.T) {
	db := sqltest.New(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 1)
	defer cancel()
	if _, err := db.ExecContext(ctx, "DO 1"); errs.CodeOf(sqldb.Wrap("op", err)) != errs.Timeout {
		t.Errorf("no time at all: %v", err)
	}

	conn, err := db.Connx(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var id int64
	if err := conn.GetContext(t.Context(), &id, "SELECT CONNECTION_ID()"); err != nil {
		t.Fatal(err)
	}
	db.MustExec(fmt.Sprintf("KILL %d", id))
	_, err = conn.ExecContext(t.Context(), "DO 1")
	if errs.CodeOf(sqldb.Wrap("op", err)) != errs.Unavailable {
		t.Errorf("killed connection: %v", err)
	}
	_ = conn.Close() // broken already
	if _, err := db.ExecContext(t.Context(), "DO 1"); err != nil {
		t.Errorf("the pool did not recover: %v", err)
	}
}
