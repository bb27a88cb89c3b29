//go:build e2e

package e2etest

import (
	"bufio"
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
)

// Redis sends a command to the Redis of the stack and returns its answer, a string
// or a number. Each command has a connection of its own, since Redis may have been
// restarted in between.
func Redis(t testing.TB, command ...string) string {
	t.Helper()
	answer, err := redisCommand(redisAddr(t), Secret(t, "redis-password"), command...)
	if err != nil {
		t.Fatalf("redis %s: %v", command[0], err)
	}
	return answer
}

// redisAddr reads the address of Redis from its configuration.
func redisAddr(t testing.TB) string {
	t.Helper()
	config, err := os.ReadFile(filepath.Join(StackData(t), "redis", "redis.conf"))
	if err != nil {
		need(t, missing("no configuration of Redis: %v", err))
	}
	for line := range strings.Lines(string(config)) {
		if port, ok := strings.CutPrefix(strings.TrimSpace(line), "port "); ok {
			return net.JoinHostPort("127.0.0.1", port)
		}
	}
	t.Fatal("the configuration of Redis has no port")
	return ""
}

func redisCommand(addr, password string, command ...string) (string, error) {
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
		if _, err := redisRoundTrip(conn, in, "AUTH", password); err != nil {
			return "", err
		}
	}
	return redisRoundTrip(conn, in, command...)
}

func redisRoundTrip(out io.Writer, in *bufio.Reader, command ...string) (string, error) {
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
