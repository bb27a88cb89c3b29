package daprtest

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// The ports of tests are below the system's range for outgoing connections, which could
// otherwise occupy a port before its server does.
const (
	firstPort = 23000
	lastPort  = 31999
)

// FreePort returns a free port of 127.0.0.1. It is random, because test programs run in
// parallel.
func FreePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		return port
	}
	t.Fatal("no free port")
	return 0
}
