package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
)

var (
	// ErrNotRunning means that no starter listens on the socket.
	ErrNotRunning = errors.New("the stack is not running")
	// ErrUnknown means that the stack has no part of that name.
	ErrUnknown = errors.New("unknown part")
)

// Client controls the starter that runs a stack.
type Client struct{ http http.Client }

// NewClient returns a client of the socket at path.
func NewClient(path string) *Client {
	var dialer net.Dialer
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", path)
		},
	}
	return &Client{http.Client{Transport: transport}}
}

// Status returns the state of the stack.
func (c *Client) Status(ctx context.Context) (s Status, err error) {
	err = c.call(ctx, http.MethodGet, "/status", &s)
	return s, err
}

// Check returns the faults of the running parts, by part.
func (c *Client) Check(ctx context.Context) (faults map[string]string, err error) {
	err = c.call(ctx, http.MethodGet, "/check", &faults)
	return faults, err
}

// Down asks the stack to stop; it does not wait for the end.
func (c *Client) Down(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "/down", nil)
}

// Act stops, starts or restarts a part and waits until that is done.
func (c *Client) Act(ctx context.Context, part, action string) error {
	return c.call(ctx, http.MethodPost, "/parts/"+url.PathEscape(part)+"/"+action, nil)
}

// call decodes the answer into answer unless that is nil.
func (c *Client) call(ctx context.Context, method, path string, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, "http://starter"+path, nil)
	if err != nil {
		return err
	}
	response, err := c.http.Do(request)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return ErrNotRunning
	}
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK && answer != nil {
		return json.NewDecoder(response.Body).Decode(answer)
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	switch {
	case err != nil || response.StatusCode == http.StatusOK:
		return err
	case response.StatusCode == http.StatusNotFound:
		return fmt.Errorf("%w: %s", ErrUnknown, bytes.TrimSpace(raw))
	}
	return fmt.Errorf("%s", bytes.TrimSpace(raw))
}
