package daprtest

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// The ports of tests: below the range from which the system takes ports for
// outgoing connections, which could meet a port before its server does.
const (
	firstPort = 23000
	lastPort  = 31999
)

// FreePort is a port of 127.0.0.1 that nobody listens on. Test programs run
// side by side, so it is chosen by chance.
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
