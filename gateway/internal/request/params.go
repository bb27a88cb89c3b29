package request

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Refusals that concern parameters.
var (
	ErrParamMissing   = errs.New(errs.Invalid, "PARAM_MISSING", "a parameter is missing")
	ErrParamInvalid   = errs.New(errs.Invalid, "PARAM_INVALID", "a parameter cannot be read")
	ErrParamDuplicate = errs.New(errs.Invalid, "PARAM_DUPLICATE", "a parameter is given twice")
	ErrBodyTooLarge   = errs.New(errs.Invalid, "BODY_TOO_LARGE", "the request is too large")
)

const (
	// MaxFormBytes limits a body that carries parameters, and each field beside
	// an uploaded file.
	MaxFormBytes = 64 << 10
	// MaxFields limits the parts of a multipart form.
	MaxFields = 16
)

// MaxID is the largest integer that every JSON reader keeps exactly; no id is
// larger.
const MaxID = 1<<53 - 1

// identityParam reports whether a parameter names the caller or the user whose
// data is wanted. Two values of such a parameter are refused: a proxy or another
// reader might pick the other one.
func identityParam(name string) bool { return name == "token" || name == "user_id" }

// values holds the parameters of one source, as the client wrote them.
type values map[string][]string

// Params holds the parameters of a request. The phone sends them in the query;
// the organiser's tests send them in the query and as form fields; some clients
// send JSON. The query takes precedence over the form, and the form over JSON. An
// empty value counts as absent, because the phone sends empty parameters.
type Params struct {
	query, form, json values
	unusable          map[string]bool // names whose JSON value was a list or an object
}

// Text returns the value of a parameter, "" if it is absent.
func (p Params) Text(name string) (string, error) {
	found := ""
	for _, source := range []values{p.query, p.form, p.json} {
		given := source[name]
		if identityParam(name) && len(given) > 1 {
			return "", ErrParamDuplicate
		}
		for _, value := range given {
			if value == "" || value == found {
				continue
			}
			if found == "" {
				found = value
			} else if identityParam(name) {
				return "", ErrParamDuplicate
			}
		}
	}
	if !utf8.ValidString(found) || (found == "" && p.unusable[name]) {
		return "", ErrParamInvalid
	}
	return found, nil
}

// Required is like Text, but an absent parameter is refused.
func (p Params) Required(name string) (string, error) {
	value, err := p.Text(name)
	if err == nil && value == "" {
		err = ErrParamMissing
	}
	return value, err
}

// ID returns a numeric parameter, 0 if it is absent. It accepts digits, up to
// MaxID, and the notation that printedFloat reads.
func (p Params) ID(name string) (int64, error) {
	value, err := p.Text(name)
	if err != nil || value == "" {
		return 0, err
	}
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return printedFloat(value)
	}
	if n > MaxID {
		return 0, ErrParamInvalid
	}
	return int64(n), nil
}

// printedFloat reads an id in the notation in which Go prints a large float64,
// such as 3.70000000000001e+14: the organiser's tests decode the id of a video
// into a float64 and send it back. Only the exact notation of a whole number is
// accepted.
func printedFloat(value string) (int64, error) {
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || f < 1 || f > MaxID || f != math.Trunc(f) || strconv.FormatFloat(f, 'g', -1, 64) != value {
		return 0, ErrParamInvalid
	}
	return int64(f), nil
}

// parsePairs reads a query string or a form. Unlike url.ParseQuery it never
// fails: as in browsers, a wrong escape stays in the text, so a broken parameter
// is refused for its value and does not count as absent. A semicolon is an
// ordinary character.
func parsePairs(raw string) values {
	out := values{}
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name = unescape(name)
		out[name] = append(out[name], unescape(value))
	}
	return out
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// AddField adds a field of a form that the handler reads itself.
func (p *Params) AddField(name, value string) {
	if p.form == nil {
		p.form = values{}
	}
	p.form[name] = append(p.form[name], value)
}

// readParams reads the parameters of a request without a file. The phone sets no
// Content-Type on its POSTs, so an unknown one is not refused.
func readParams(r *http.Request) (Params, error) {
	p := Params{query: parsePairs(r.URL.RawQuery)}
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return p, nil
	}
	if r.ContentLength > MaxFormBytes {
		return p, ErrBodyTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxFormBytes+1))
	if err != nil {
		return p, BodyError(err)
	}
	if len(body) > MaxFormBytes {
		return p, ErrBodyTooLarge
	}
	kind, details, kindErr := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kindErr != nil {
		kind = ""
	}
	trimmed := bytes.TrimSpace(body)
	switch {
	case kind == "multipart/form-data":
		p.form, err = parseMultipart(body, details["boundary"])
	case kind == "application/json", kind != "application/x-www-form-urlencoded" && bytes.HasPrefix(trimmed, []byte("{")):
		err = p.parseJSON(trimmed)
	default:
		p.form = parsePairs(string(body))
	}
	return p, err
}

func parseMultipart(body []byte, boundary string) (values, error) {
	out := values{}
	if boundary == "" {
		return out, ErrParamInvalid
	}
	form := multipart.NewReader(bytes.NewReader(body), boundary)
	for range MaxFields + 1 {
		part, err := form.NextPart()
		if err == io.EOF { //nolint:errorlint // a truncated form wraps EOF
			return out, nil
		}
		if err != nil {
			return out, ErrParamInvalid
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return out, ErrParamInvalid
		}
		out[part.FormName()] = append(out[part.FormName()], string(value))
	}
	return out, ErrParamInvalid
}

// parseJSON reads the members of one object. It keeps both values of a name that
// occurs twice, which a decoder into a map would hide.
func (p *Params) parseJSON(body []byte) error {
	p.json, p.unusable = values{}, map[string]bool{}
	if len(body) == 0 {
		return nil
	}
	in := json.NewDecoder(bytes.NewReader(body))
	if open, err := in.Token(); err != nil || open != json.Delim('{') {
		return ErrParamInvalid
	}
	for in.More() {
		key, err := in.Token()
		name, isName := key.(string)
		var raw json.RawMessage
		if err != nil || !isName || in.Decode(&raw) != nil {
			return ErrParamInvalid
		}
		switch raw[0] {
		case '{', '[':
			p.unusable[name] = true
		case 'n': // null is absent
		case '"':
			var text string
			if err := json.Unmarshal(raw, &text); err != nil {
				return ErrParamInvalid
			}
			p.json[name] = append(p.json[name], text)
		default:
			p.json[name] = append(p.json[name], string(raw))
		}
	}
	if _, err := in.Token(); err != nil {
		return ErrParamInvalid
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return ErrParamInvalid
	}
	return nil
}
