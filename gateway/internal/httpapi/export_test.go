package httpapi

import (
	"net/http"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
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

// Row is the code and the sentences of a refusal.
func Row(err error) (code int32, zh, en string) {
	a := answerTo(err)
	return a.code, a.zh, a.en
}

// Failure is the sentences for the reason of a failed video.
func Failure(reason string) (zh, en string) {
	s := failure(reason)
	return s.zh, s.en
}

// LayOut is the sizes of the parts of a direct upload.
func LayOut(size, partSize int64) (sizes []int64) {
	for _, part := range layOut(&videov1.BeginUploadResponse{MaxSize: size, PartSize: partSize}) {
		sizes = append(sizes, part.Size)
	}
	return sizes
}

// HasReason reports whether the response table knows a reason.
func HasReason(reason string) bool { _, ok := byReason(reason); return ok }

// ParseLatest and Sniff for table tests.
var (
	ParseLatest = parseLatest
	Sniff       = sniff
)

// MethodsOf lets a test try every method.
func Methods() []string {
	return []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, "BREW"}
}
