// Package load sends HTTP requests over keep-alive connections as cheaply as it
// can, because the load generator shares the machine with what it measures: a
// request is a slice of bytes that was built before, an answer is a slice of a
// buffer that the connection reuses.
package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

// ErrTimeout means that an answer did not arrive in time.
var ErrTimeout = errors.New("timeout")

// maxAnswer bounds an answer in bytes.
const maxAnswer = 16 << 20

// Conn is one keep-alive connection. It is for one goroutine.
type Conn struct {
	addr    string
	timeout time.Duration

	conn   net.Conn
	buffer []byte // the current answer from its beginning
	filled int
}

// NewConn returns a connection to host:port. It connects with the first request.
func NewConn(addr string, timeout time.Duration) *Conn {
	return &Conn{addr: addr, timeout: timeout, buffer: make([]byte, 64<<10)}
}

// Close ends the connection; the next request opens a new one.
func (c *Conn) Close() {
	if c.conn != nil {
		_ = c.conn.Close() // nothing is unsaved
		c.conn = nil
	}
}

// Do sends a request and returns status and body of its answer. The body is valid
// until the next call. After an error the connection is closed, and the request
// may or may not have had its effect.
func (c *Conn) Do(ctx context.Context, request []byte) (status int, body []byte, err error) {
	if c.conn == nil {
		if c.conn, err = (&net.Dialer{Timeout: c.timeout}).DialContext(ctx, "tcp", c.addr); err != nil {
			c.conn = nil
			return 0, nil, err
		}
	}
	status, body, keep, err := c.exchange(request)
	if err != nil || !keep {
		c.Close()
	}
	var slow net.Error
	if errors.As(err, &slow) && slow.Timeout() {
		err = ErrTimeout
	}
	return status, body, err
}

func (c *Conn) exchange(request []byte) (status int, body []byte, keep bool, err error) {
	if err := c.conn.SetDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, nil, false, err
	}
	if _, err := c.conn.Write(request); err != nil {
		return 0, nil, false, err
	}
	c.filled = 0
	var head head
	for {
		if err := c.read(); err != nil {
			return 0, nil, false, err
		}
		var complete bool
		if head, complete, err = parseHead(c.buffer[:c.filled]); err != nil {
			return 0, nil, false, err
		}
		if complete {
			break
		}
	}
	end := head.size + head.length
	for c.filled < end {
		if err := c.read(); err != nil {
			return head.status, nil, false, err
		}
	}
	if c.filled > end {
		return head.status, nil, false, fmt.Errorf("%d bytes after the answer", c.filled-end)
	}
	return head.status, c.buffer[head.size:end], head.keep, nil
}

// read reads once into the buffer.
func (c *Conn) read() error {
	if c.filled == len(c.buffer) {
		if len(c.buffer) >= maxAnswer {
			return fmt.Errorf("the answer exceeds %d bytes", maxAnswer)
		}
		c.buffer = append(c.buffer, make([]byte, len(c.buffer))...)
	}
	n, err := c.conn.Read(c.buffer[c.filled:])
	c.filled += n
	return err
}

// head is the parsed head of an answer.
type head struct {
	status int
	size   int // of the head in bytes, with the empty line
	length int // of the body
	keep   bool
}

// parseHead parses the head of an answer when all of it is there. Answers of the
// API always have a Content-Length.
func parseHead(data []byte) (h head, complete bool, err error) {
	end := bytes.Index(data, []byte("\r\n\r\n"))
	if end < 0 {
		return head{}, false, nil
	}
	const statusAt, statusEnd = len("HTTP/1.1 "), len("HTTP/1.1 200")
	if end < statusEnd || !bytes.HasPrefix(data, []byte("HTTP/1.1 ")) {
		return head{}, false, fmt.Errorf("no HTTP: %.40q", data)
	}
	if h.status, err = strconv.Atoi(string(data[statusAt:statusEnd])); err != nil {
		return head{}, false, fmt.Errorf("no HTTP: %.40q", data)
	}
	h.size, h.length, h.keep = end+4, -1, true
	for line := range bytes.SplitSeq(data[:end], []byte("\r\n")) {
		name, value, found := bytes.Cut(line, []byte(": "))
		if !found {
			continue
		}
		switch {
		case len(name) == len("Content-Length") && bytes.EqualFold(name, []byte("Content-Length")):
			if h.length, err = strconv.Atoi(string(value)); err != nil || h.length < 0 {
				return head{}, false, fmt.Errorf("content length %q", value)
			}
		case len(name) == len("Connection") && bytes.EqualFold(name, []byte("Connection")):
			h.keep = !bytes.EqualFold(value, []byte("close"))
		}
	}
	if h.length < 0 {
		return head{}, false, errors.New("an answer without Content-Length")
	}
	return h, true, nil
}
