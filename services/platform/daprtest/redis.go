package daprtest

import (
	"net"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Redis is a server of the test alone, which may disturb it.
type Redis struct {
	Address string
	process *process
}

// StartRedis runs an empty redis-server that ends with the test.
func StartRedis(t testing.TB) *Redis {
	t.Helper()
	program := findProgram(t, "redis-server")
	port := strconv.Itoa(FreePort(t))
	r := &Redis{
		Address: net.JoinHostPort("127.0.0.1", port),
		process: start(t, nil, program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir()),
	}
	r.process.waitUntil(t, func() bool { return listens(r.Address) })
	return r
}

// RedisAddress returns the server in TEST_REDIS_ADDR, or else one started for the test.
// The server may be shared, so the test must use unique keys.
func RedisAddress(t testing.TB) string {
	t.Helper()
	if named := os.Getenv("TEST_REDIS_ADDR"); named != "" {
		return named
	}
	return StartRedis(t).Address
}

// Hang stops the server from answering, with its connections open.
func (r *Redis) Hang() { r.process.signal(syscall.SIGSTOP) }

// Resume ends Hang.
func (r *Redis) Resume() { r.process.signal(syscall.SIGCONT) }

// Kill ends the server at once.
func (r *Redis) Kill() { r.process.kill() }

func listens(address string) bool {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}
