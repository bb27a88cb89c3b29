//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// secret reads one entry of the stack's secrets file.
func secret(t testing.TB, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(stackData(t), "secrets.json"))
	if err != nil {
		unavailable(t, "no secrets file: %v", err)
	}
	var all map[string]string
	if err := json.Unmarshal(content, &all); err != nil {
		t.Fatal(err)
	}
	value, ok := all[name]
	if !ok {
		t.Fatalf("there is no secret %s", name)
	}
	return value
}

// database opens the database of a service.
func database(t testing.TB, service string) *sql.DB {
	t.Helper()
	config, err := mysql.ParseDSN(secret(t, "mysql-"+service+"-dsn"))
	if err != nil {
		t.Fatal(err)
	}
	config.InterpolateParams = true // one statement for the server to count
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// count runs a query for one number.
func count(ctx context.Context, db *sql.DB, query string, args ...any) (int64, error) {
	var n int64
	err := db.QueryRowContext(ctx, query, args...).Scan(&n)
	return n, err
}

// redisAddr reads where the stack's Redis listens out of its configuration.
func redisAddr(t testing.TB) string {
	t.Helper()
	config, err := os.ReadFile(filepath.Join(stackData(t), "redis", "redis.conf"))
	if err != nil {
		unavailable(t, "no configuration of Redis: %v", err)
	}
	for line := range strings.Lines(string(config)) {
		if port, ok := strings.CutPrefix(strings.TrimSpace(line), "port "); ok {
			return net.JoinHostPort("127.0.0.1", port)
		}
	}
	t.Fatal("the configuration of Redis names no port")
	return ""
}

// redisDo sends one command to the stack's Redis and returns a simple answer: a
// string or a number. It opens a connection for each, so that it does not
// matter what happened to Redis since the last.
func redisDo(t testing.TB, command ...string) string {
	t.Helper()
	answer, err := redisAsk(redisAddr(t), secret(t, "redis-password"), command...)
	if err != nil {
		t.Fatalf("redis %s: %v", command[0], err)
	}
	return answer
}

func redisAsk(addr, password string, command ...string) (string, error) {
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return "", err
	}
	in := bufio.NewReader(conn)
	if password != "" {
		if _, err := redisRound(conn, in, "AUTH", password); err != nil {
			return "", err
		}
	}
	return redisRound(conn, in, command...)
}

func redisRound(out io.Writer, in *bufio.Reader, command ...string) (string, error) {
	var request strings.Builder
	fmt.Fprintf(&request, "*%d\r\n", len(command))
	for _, word := range command {
		fmt.Fprintf(&request, "$%d\r\n%s\r\n", len(word), word)
	}
	if _, err := io.WriteString(out, request.String()); err != nil {
		return "", err
	}
	line, err := in.ReadString('\n')
	if err != nil {
		return "", err
	}
	kind, rest := line[0], strings.TrimRight(line[1:], "\r\n")
	switch kind {
	case '+', ':':
		return rest, nil
	case '$':
		length, err := strconv.Atoi(rest)
		if err != nil || length < 0 {
			return "", err
		}
		body := make([]byte, length+2)
		if _, err := io.ReadFull(in, body); err != nil {
			return "", err
		}
		return string(body[:length]), nil
	}
	return "", errors.New(rest)
}
