package telemetry

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"regexp"
	"strings"
	"unicode/utf8"
)

// scrubbed replaces a credential.
const scrubbed = "[scrubbed]"

// names are the final words of names of credentials: "token" also covers
// access_token and dapr-api-token.
const names = `(?:token|password|passwd|secret|authorization|dsn|cookie)`

// The phone sends its token and, at login, the password in the query string, so
// they appear in URLs in error texts. These patterns do not find the exact end of
// a value but remove everything up to the next parameter or space. The query
// string may be escaped inside another one.
var (
	sensitiveName = regexp.MustCompile(`(?i)` + names + `$`)
	inQuery       = regexp.MustCompile(`(?i)(` + names + `(?:=|%3d))[^&\s]*`)
	inJSON        = regexp.MustCompile(`(?is)(` + names + `\\*"\s*:).*`)          // to the end, as quotes may be escaped many times
	inPrinted     = regexp.MustCompile(`(?i)(` + names + `:)(?:\[[^\]]*\]?|\S+)`) // a map or struct by %v; "bad token: why" has a space
	inHeader      = regexp.MustCompile(`(?i)\b(bearer )\S+`)
	inDSN         = regexp.MustCompile(`([^\s:@/'"]+):\S*@(tcp|unix)\(`)
	inUserinfo    = regexp.MustCompile(`(://[^\s:@/]*):[^\s/]*@`)
)

// scrubAttr is the ReplaceAttr of the JSON handler. It receives the message and
// every attribute that is not a group, with the names of its groups.
func scrubAttr(groups []string, a slog.Attr) slog.Attr {
	if isSensitive(a.Key) {
		return slog.String(a.Key, scrubbed)
	}
	for _, group := range groups {
		if isSensitive(group) {
			return slog.String(a.Key, scrubbed)
		}
	}
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(scrubText(a.Value.String()))
	case slog.KindAny:
		a.Value = scrubAny(a.Value.Any())
	}
	return a
}

// isSensitive reports whether a name is that of a credential. Every name of every
// log line comes here, and the regular expression would be most of the cost of the
// line, so it decides only names with letters beyond ASCII.
func isSensitive(name string) bool {
	for _, word := range [...]string{"token", "password", "passwd", "secret", "authorization", "dsn", "cookie"} {
		if at := len(name) - len(word); at >= 0 && strings.EqualFold(name[at:], word) {
			return true
		}
	}
	ascii := strings.IndexFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
	return !ascii && sensitiveName.MatchString(name)
}

// scrubText removes credentials from a text.
func scrubText(s string) string {
	if !strings.ContainsAny(s, "=%:@ ") {
		return s
	}
	s = inQuery.ReplaceAllString(s, "${1}"+scrubbed)
	s = inJSON.ReplaceAllString(s, "${1}"+scrubbed)
	s = inPrinted.ReplaceAllString(s, "${1}"+scrubbed)
	s = inHeader.ReplaceAllString(s, "${1}"+scrubbed)
	s = inDSN.ReplaceAllString(s, "${1}:"+scrubbed+"@${2}(")
	return inUserinfo.ReplaceAllString(s, "${1}:"+scrubbed+"@")
}

// scrubAny scrubs the text of an error, and any other value in its JSON form, in
// which the handler would print it. A value without a JSON form is not printed.
func scrubAny(v any) slog.Value {
	switch v := v.(type) {
	case nil, *slog.Source, slog.Level:
		return slog.AnyValue(v)
	case error:
		return slog.StringValue(scrubText(v.Error()))
	}
	text, err := json.Marshal(v)
	if err != nil {
		return slog.StringValue("unprintable: " + scrubText(err.Error()))
	}
	var tree any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // ids do not fit a float64
	if err := decoder.Decode(&tree); err != nil {
		return slog.StringValue("unprintable")
	}
	return slog.AnyValue(scrubTree(tree))
}

func scrubTree(v any) any {
	switch v := v.(type) {
	case string:
		return scrubText(v)
	case []any:
		for i := range v {
			v[i] = scrubTree(v[i])
		}
	case map[string]any:
		for name := range v {
			if isSensitive(name) {
				v[name] = scrubbed
			} else {
				v[name] = scrubTree(v[name])
			}
		}
	}
	return v
}
