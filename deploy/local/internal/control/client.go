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
func (c *Client) Status(ctx context.Context) (Status, error) {
	var s Status
	raw, err := c.call(ctx, http.MethodGet, "/status")
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(raw, &s)
}

// Check returns the faults of the running parts, by part.
func (c *Client) Check(ctx context.Context) (map[string]string, error) {
	raw, err := c.call(ctx, http.MethodGet, "/check")
	if err != nil {
		return nil, err
	}
	var wrong map[string]string
	return wrong, json.Unmarshal(raw, &wrong)
}

// Down asks the stack to stop; it does not wait for the end.
func (c *Client) Down(ctx context.Context) error {
	_, err := c.call(ctx, http.MethodPost, "/down")
	return err
}

// Act stops, starts or restarts a part and waits until that is done.
func (c *Client) Act(ctx context.Context, part, action string) error {
	_, err := c.call(ctx, http.MethodPost, "/parts/"+url.PathEscape(part)+"/"+action)
	return err
}

func (c *Client) call(ctx context.Context, method, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://starter"+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(request)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, ErrNotRunning
	}
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusNotFound {
		return nil, fmt.Errorf("%w: %s", ErrUnknown, bytes.TrimSpace(raw))
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s", bytes.TrimSpace(raw))
	}
	return raw, nil
}
