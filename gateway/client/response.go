package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"unicode/utf8"
)

// Response is implemented by all types of responses.
type Response interface {
	// GetStatus returns the status that every response carries.
	GetStatus() Status
	// Validate returns an error if a value is not one that the API may send.
	Validate() error
}

// Status says whether a request was accepted.
type Status struct {
	Code    Code   `json:"status_code"`
	Message string `json:"status_msg"` // for people, in their language
}

// GetStatus returns the status itself.
func (s Status) GetStatus() Status { return s }

// Refusal is the error of a response whose status code is not 0.
type Refusal struct{ Status }

// Error returns the message and the code.
func (r *Refusal) Error() string { return fmt.Sprintf("%s (status_code %d)", r.Message, r.Code) }

// Accepted returns a *Refusal if the gateway refused a request. It takes the
// results of a call.
func Accepted[R Response](response R, err error) (R, error) {
	if err == nil && response.GetStatus().Code != CodeOK {
		err = &Refusal{response.GetStatus()}
	}
	return response, err
}

// StatusResponse answers requests that return nothing else.
type StatusResponse struct {
	Status
}

// Validate returns nil.
func (StatusResponse) Validate() error { return nil }

// AnyResponse is the status of a response whose other fields do not matter.
type AnyResponse struct {
	Status
}

// Validate returns nil.
func (AnyResponse) Validate() error { return nil }

// Page selects a page of a list. The zero value asks as the phone does, which
// gets up to 1,000 entries.
type Page struct {
	Cursor string // next_cursor of the page before, "" for the first
	Limit  int    // entries, 0 for the most
}

// Continued is part of lists that may have several pages.
type Continued struct {
	NextCursor string `json:"next_cursor"` // "" on the last page
}

// maxMessage is how many characters the phone has room for.
const maxMessage = 60

// decode reads a body; strict checks it as Strict says.
func decode[R Response](strict bool, header http.Header, body []byte) (R, error) {
	var out R
	if !strict {
		if err := json.Unmarshal(body, &out); err != nil {
			return out, fmt.Errorf("%w in %.300s", err, body)
		}
		return out, nil
	}
	if contentType := header.Get("Content-Type"); contentType != "application/json; charset=utf-8" {
		return out, fmt.Errorf("content type %q", contentType)
	}
	if err := decodeStrict(body, &out); err != nil {
		return out, fmt.Errorf("%w in %.300s", err, body)
	}
	if message := out.GetStatus().Message; message == "" || utf8.RuneCountInString(message) > maxMessage {
		return out, fmt.Errorf("status_msg %q is empty or too long for the phone", message)
	}
	if err := out.Validate(); err != nil {
		return out, fmt.Errorf("%w in %.300s", err, body)
	}
	return out, nil
}
