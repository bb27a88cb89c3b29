// Package ceiling measures what the machine allows: a Gin handler in a process of
// its own that answers from memory.
package ceiling

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"
)

// The paths that the server answers.
const (
	PathFeed  = "/feed"  // the bytes of a feed
	PathSmall = "/small" // SmallSize bytes
)

// SmallSize is the size of the small answer in bytes.
const SmallSize = 53

// Small is the small answer.
func Small() []byte {
	text := `{"status_code":0,"status_msg":"`
	return []byte(text + strings.Repeat("x", SmallSize-len(text)-2) + `"}`)
}

const contentType = "application/json; charset=utf-8"

// Handler answers with the bytes of a feed and with the small answer.
func Handler(feed []byte) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	for path, body := range map[string][]byte{PathFeed: feed, PathSmall: Small()} {
		length := strconv.Itoa(len(body))
		engine.GET(path, func(c *gin.Context) {
			c.Header("Content-Length", length)
			c.Data(http.StatusOK, contentType, body)
		})
	}
	return engine
}

// ports is how many ports Serve tries.
const ports = 100

// Serve reads the bytes of a feed from in, listens on the first free port from the
// given one, prints the address and answers until in ends.
func Serve(ctx context.Context, port int, in io.Reader, out io.Writer) error {
	reader := bufio.NewReader(in)
	line, err := reader.ReadString('\n')
	if err != nil {
		return err
	}
	size, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		return err
	}
	feed := make([]byte, size)
	if _, err := io.ReadFull(reader, feed); err != nil {
		return err
	}
	listener, err := listen(ctx, port)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: Handler(feed), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if _, err := fmt.Fprintln(out, listener.Addr()); err != nil {
		return errors.Join(err, server.Close())
	}
	_, err = reader.ReadByte() // until the parent ends or closes it
	if errors.Is(err, io.EOF) {
		err = nil
	}
	err = errors.Join(err, server.Close())
	<-served //nolint:errcheck // http.ErrServerClosed
	return err
}

func listen(ctx context.Context, port int) (net.Listener, error) {
	var err error
	for n := port; n < port+ports; n++ {
		var listener net.Listener
		if listener, err = new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(n))); err == nil {
			return listener, nil
		}
	}
	return nil, err
}

// Process is a running server.
type Process struct {
	Addr string // host:port
	PID  int

	cmd   *exec.Cmd
	stdin io.Closer
}

// Start runs this program again as a server.
func Start(ctx context.Context, port int, feed []byte) (*Process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, "ceiling", "--port", strconv.Itoa(port)) //nolint:gosec // this program
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &Process{PID: cmd.Process.Pid, cmd: cmd, stdin: in}
	if _, err := fmt.Fprintf(in, "%d\n%s", len(feed), feed); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the server of the ceilings did not start: %w", err), p.Stop())
	}
	p.Addr = strings.TrimSpace(line)
	return p, nil
}

// Stop ends the process.
func (p *Process) Stop() error {
	err := p.stdin.Close()
	return errors.Join(err, p.cmd.Wait())
}
