// Package endpoint holds the measured requests: one file per noun, each with the
// requests and with the check of their answers against the data set.
package endpoint

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/load"
	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/model"
)

// Endpoint is one kind of request.
type Endpoint struct {
	Name   string // for flags
	Title  string // for the table
	Writes bool   // its events have to drain
	Seldom bool   // measured only if it is named

	source func(e *Env, connection int) load.Source
	beside func(ctx context.Context, e *Env) error
}

// All lists the endpoints in the order in which they are measured: reads come
// first, since writes change what they read.
func All() []Endpoint {
	return slices.Concat(feeds(), users(), lists(), relations(), comments(), chats(), logins(), writes())
}

// Named returns the endpoints of a list of names; without a name all but the
// seldom ones.
func Named(names []string) ([]Endpoint, error) {
	all := All()
	if len(names) == 0 {
		return slices.DeleteFunc(all, func(e Endpoint) bool { return e.Seldom }), nil
	}
	for _, name := range names {
		if !slices.ContainsFunc(all, func(e Endpoint) bool { return e.Name == name }) {
			known := make([]string, len(all))
			for i, e := range all {
				known[i] = e.Name
			}
			return nil, fmt.Errorf("no endpoint %q; there are %s", name, strings.Join(known, ", "))
		}
	}
	return slices.DeleteFunc(all, func(e Endpoint) bool { return !slices.Contains(names, e.Name) }), nil
}

// Env is one seeded stack.
type Env struct {
	Data    *model.Data
	Addr    string // host:port of the gateway
	Timeout time.Duration

	writers []writer // by connection
}

// NewEnv returns an Env for so many connections, at most one per reader.
func NewEnv(data *model.Data, addr string, timeout time.Duration) *Env {
	return &Env{Data: data, Addr: addr, Timeout: timeout, writers: make([]writer, data.Readers())}
}

// Sources returns the sources of so many connections.
func (e Endpoint) Sources(env *Env, connections int) []load.Source {
	sources := make([]load.Source, connections)
	for i := range sources {
		sources[i] = e.source(env, i)
	}
	return sources
}

// Beside runs other traffic that the endpoint is measured beside, until the context
// ends. It returns at once if there is none.
func (e Endpoint) Beside(ctx context.Context, env *Env) error {
	if e.beside == nil {
		return nil
	}
	return e.beside(ctx, env)
}

// request returns the bytes of a request. query holds names and values in turn.
func (e *Env) request(method, path string, query ...string) []byte {
	return e.appendRequest(nil, method, path, query...)
}

// appendRequest appends the bytes of a request to a buffer.
func (e *Env) appendRequest(buffer []byte, method, path string, query ...string) []byte {
	buffer = append(buffer, method...)
	buffer = append(buffer, ' ')
	buffer = append(buffer, path...)
	for i := 0; i < len(query); i += 2 {
		separator := byte('&')
		if i == 0 {
			separator = '?'
		}
		buffer = append(buffer, separator)
		buffer = append(buffer, query[i]...)
		buffer = append(buffer, '=')
		buffer = append(buffer, url.QueryEscape(query[i+1])...)
	}
	buffer = append(buffer, " HTTP/1.1\r\nHost: "...)
	buffer = append(buffer, e.Addr...)
	if method != get {
		buffer = append(buffer, "\r\nContent-Length: 0"...)
	}
	return append(buffer, "\r\n\r\n"...)
}

const (
	get  = "GET"
	post = "POST"
)

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
