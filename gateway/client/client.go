// Package client is a Go client of the public HTTP API. It has a method for each
// endpoint and a type for each response.
//
// The requests are those of the phone: the parameters of a POST are in the query
// and its body is empty, a video is uploaded as a multipart form, and the feed has
// no slash at its end. Endpoints that the phone does not know are marked.
//
// Every response carries a Status. A refusal, such as a wrong password, is a
// response with a status code other than 0, and the error of the method is nil;
// errors are failures of the transport and responses that break the API. Accepted
// makes an error of a refusal:
//
//	session, err := client.Accepted(c.Login(ctx, name, password))
//
// The package uses the standard library only.
package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Client calls the API of one gateway. It is safe for concurrent use.
type Client struct {
	base    string
	http    *http.Client
	strict  bool
	inspect func(status Status, body []byte) error
}

// Option changes a Client.
type Option func(*Client)

// New returns a client of the gateway at a base URL such as
// http://127.0.0.1:8080. Requests go through httpClient, which also sets their
// timeout; it should not follow redirects, since the API has none.
func New(baseURL string, httpClient *http.Client, options ...Option) *Client {
	c := &Client{base: strings.TrimSuffix(baseURL, "/"), http: httpClient}
	for _, option := range options {
		option(c)
	}
	return c
}

// Strict makes every response an error that differs from the API: a field that is
// missing, null, unknown or spelled in another case, a value out of range, a
// refusal that carries content.
func Strict() Option { return func(c *Client) { c.strict = true } }

// Inspect adds a check of every response. It gets the status and the whole body;
// the call fails with the error it returns.
func Inspect(check func(status Status, body []byte) error) Option {
	return func(c *Client) { c.inspect = check }
}

// BaseURL is the base URL of the gateway, without a slash at its end.
func (c *Client) BaseURL() string { return c.base }

// HTTP is the HTTP client of New, for addresses in responses such as play_url.
func (c *Client) HTTP() *http.Client { return c.http }

// Call sends a request without a body. The methods of Client are made of it; use
// it for requests that they cannot express, such as malformed ones.
func Call[R Response](ctx context.Context, c *Client, method, path string, query url.Values) (R, error) {
	return Send[R](ctx, c, method, path, query, "", http.NoBody)
}

// Send sends a request with a body of a content type; "" leaves the header out.
func Send[R Response](ctx context.Context, c *Client, method, path string, query url.Values, contentType string, body io.Reader) (R, error) {
	var none R
	target := c.base + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return none, withoutQuery(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return none, fmt.Errorf("%s %s: %w", method, path, withoutQuery(err))
	}
	defer response.Body.Close()
	out, err := Read[R](c, response)
	if err != nil {
		return out, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return out, nil
}

// maxResponse bounds the body of a response in bytes.
const maxResponse = 8 << 20

// Read reads a response of the API as the methods of c do. The caller closes its
// body.
func Read[R Response](c *Client, response *http.Response) (R, error) {
	var out R
	body, err := io.ReadAll(io.LimitReader(response.Body, maxResponse))
	if err != nil {
		return out, err
	}
	if response.StatusCode != http.StatusOK {
		return out, fmt.Errorf("HTTP status %d, body %.200s", response.StatusCode, body)
	}
	if out, err = decode[R](c.strict, response.Header, body); err != nil {
		return out, err
	}
	if c.inspect != nil {
		return out, c.inspect(out.GetStatus(), body)
	}
	return out, nil
}

// withoutQuery removes the query, with its passwords and tokens, from an error.
func withoutQuery(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}
