package httpapi

import (
	"net/http"
)

// Route is a row of the route table, for tests that walk it.
type Route struct{ Method, Path string }

// Routes lists the client API.
func Routes() []Route {
	var out []Route
	for _, rt := range (&api{}).routes() {
		out = append(out, Route{rt.method, rt.path})
	}
	return out
}

// ParseLatest for a table test.
var ParseLatest = parseLatest

// Methods lists HTTP methods, for a test that tries every one.
func Methods() []string {
	return []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, "BREW"}
}
