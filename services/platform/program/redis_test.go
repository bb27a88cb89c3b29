package program_test

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
)

// publishRaw writes a message past the sidecar, which would make an event of it.
func (s *stack) publishRaw(t *testing.T, message string) {
	t.Helper()
	s.askRedis(t, "$", "XADD", topic, "*", "data", message)
}

// streamLength is how many messages a topic has had.
func (s *stack) streamLength(t *testing.T, topic string) int {
	t.Helper()
	n, err := strconv.Atoi(s.askRedis(t, ":", "XLEN", topic))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// askRedis sends one command and returns the first line of the answer, which is
// of the given kind.
func (s *stack) askRedis(t *testing.T, kind string, command ...string) string {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.redis.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	request := fmt.Sprintf("*%d\r\n", len(command))
	for _, word := range command {
		request += fmt.Sprintf("$%d\r\n%s\r\n", len(word), word)
	}
	if _, err := conn.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	line, matches := strings.CutPrefix(strings.TrimSpace(answer), kind)
	if err != nil || !matches {
		t.Fatalf("%v: %q, %v", command, answer, err)
	}
	return line
}
