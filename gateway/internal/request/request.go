// Package request carries one request of the client API from its bytes to its
// answer: parameters, token, handler, status code, JSON and log line. It knows no
// endpoint. It keeps what the phone client insists on: HTTP status 200 whatever
// happened, and every field in every body, also in a refusal.
package request

import (
	"context"
	"net/http"
	"sync"

	"github.com/douyin-on-dapr/douyin/gateway/internal/token"
)

// Access says how an endpoint uses the token parameter.
type Access int

// The kinds of access.
const (
	TokenUnused   Access = iota // register and login make tokens
	TokenOptional               // public reading: a guest and an invalid token see what everybody sees
	TokenRequired               // refused without a user
	TokenInForm                 // required, but part of the uploaded form: the handler calls Authenticate
)

// Endpoint is one endpoint of the client API.
type Endpoint struct {
	Route  string // its name in logs and traces
	Access Access
	Empty  func() Reply // the body of a refusal
	Serve  func(*Request) (Reply, error)
}

// Request is one request on its way through the API.
type Request struct {
	HTTP   *http.Request
	Params Params         // of TokenInForm: those of the query
	Viewer token.Identity // from the token alone, never from another parameter

	ctx      context.Context // ends when the client disconnects
	body     *guardedBody
	tokens   Verifier
	language Language
	buffers  *sync.Pool // of *[]byte, for long answers of the endpoint
}

// Context ends when the client disconnects.
func (r *Request) Context() context.Context { return r.ctx }

// Authenticate sets Viewer from the token among Params. When it fails, Viewer
// keeps its value.
func (r *Request) Authenticate() error {
	who, err := authenticate(r.tokens, r.Params)
	if err == nil {
		r.Viewer = who
	}
	return err
}

// FailureText is the sentence for the reason of a failed video, in the client's
// language; "" for no reason.
func (r *Request) FailureText(reason string) string { return failure(reason).in(r.language) }
