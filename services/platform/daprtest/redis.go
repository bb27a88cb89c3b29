package daprtest

import (
	"net"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Redis is a server that the test started and may disturb.
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

// RedisAddress is the server that TEST_REDIS_ADDR names, else one that is
// started for the test. The test shares it: keys must be its own.
func RedisAddress(t testing.TB) string {
	t.Helper()
	if named := os.Getenv("TEST_REDIS_ADDR"); named != "" {
		return named
	}
	return StartRedis(t).Address
}

// Hang makes the server keep connections and answer nothing.
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
