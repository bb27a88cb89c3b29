package program_test

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
)

// publishRaw writes a message without the sidecar, which would turn it into an
// event.
func (s *harness) publishRaw(t *testing.T, message string) {
	t.Helper()
	s.askRedis(t, "$", "XADD", topic, "*", "data", message)
}

// streamLength returns the number of messages of a topic.
func (s *harness) streamLength(t *testing.T, topic string) int {
	t.Helper()
	n, err := strconv.Atoi(s.askRedis(t, ":", "XLEN", topic))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// askRedis sends one command and returns the first line of the answer, which must
// be of the given kind.
func (s *harness) askRedis(t *testing.T, kind string, command ...string) string {
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
