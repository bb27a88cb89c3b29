package logs

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Entry is one line of a part's log. Programs write JSON, sidecars write
// name=value. A line of anything else is all message, with no time and the level
// info.
type Entry struct {
	Part    string
	Time    time.Time
	Level   slog.Level
	Message string
	Fields  map[string]json.RawMessage
	order   time.Time // for Merge
}

// Parse reads a line of a part's log.
func Parse(part, line string) Entry {
	e := Entry{Part: part, Message: line}
	fields := parseFields(line)
	if fields["msg"] == nil {
		return e
	}
	e.Message = text(fields["msg"])
	e.Level = level(text(fields["level"]))
	// A time that cannot be read stays zero.
	e.Time, _ = time.Parse(time.RFC3339Nano, text(fields["time"]))
	// The rest of this list is the same in every line of a part.
	for _, name := range []string{"msg", "level", "time", "app", "app_id", "instance", "type", "ver"} {
		delete(fields, name)
	}
	e.Fields = fields
	return e
}

func parseFields(line string) map[string]json.RawMessage {
	fields := map[string]json.RawMessage{}
	if strings.HasPrefix(line, "{") {
		if json.Unmarshal([]byte(line), &fields) != nil {
			return nil
		}
		return fields
	}
	if !strings.HasPrefix(line, "time=") {
		return nil
	}
	for line != "" {
		name, rest, found := strings.Cut(line, "=")
		if !found {
			return nil
		}
		value, err := strconv.QuotedPrefix(rest)
		if err != nil { // not quoted
			value, _, _ = strings.Cut(rest, " ")
		}
		line = strings.TrimPrefix(rest[len(value):], " ")
		if plain, err := strconv.Unquote(value); err == nil {
			value = plain
		}
		fields[name], _ = json.Marshal(value) // a string has no error
	}
	return fields
}

// level understands the names of slog and of the sidecar.
func level(name string) slog.Level {
	switch strings.ToLower(name) {
	case "warning":
		return slog.LevelWarn
	case "fatal", "panic":
		return slog.LevelError
	}
	var l slog.Level
	if l.UnmarshalText([]byte(name)) != nil {
		return slog.LevelInfo
	}
	return l
}

// text is a JSON string without its quotes, or any other value as it is.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	return s
}

// String is the entry for people, without the name of its part.
func (e Entry) String() string {
	var out strings.Builder
	if !e.Time.IsZero() {
		fmt.Fprintf(&out, "%s %-5s ", e.Time.Local().Format("15:04:05.000"), e.Level)
	}
	out.WriteString(e.Message)
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		value := text(e.Fields[name])
		if strings.ContainsAny(value, " \t\n\"=") || value == "" {
			value = strconv.Quote(value)
		}
		out.WriteString("  " + name + "=" + value)
	}
	return out.String()
}

// MarshalJSON writes the entry as one object, its fields beside the others.
func (e Entry) MarshalJSON() ([]byte, error) {
	object := map[string]any{"part": e.Part, "msg": e.Message}
	if !e.Time.IsZero() {
		object["time"], object["level"] = e.Time, e.Level
	}
	for name, value := range e.Fields {
		object[name] = value
	}
	return json.Marshal(object)
}

// ParseAll reads consecutive lines of one part. A line without a time gets that
// of the line before it.
func ParseAll(part string, lines []string) []Entry {
	entries := make([]Entry, 0, len(lines))
	var last time.Time
	for _, line := range lines {
		e := Parse(part, line)
		if e.Time.IsZero() {
			e.order = last
		} else {
			e.order, last = e.Time, e.Time
		}
		entries = append(entries, e)
	}
	return entries
}

// Merge orders the entries of several parts by time.
func Merge(entries []Entry) []Entry {
	slices.SortStableFunc(entries, func(a, b Entry) int { return a.order.Compare(b.order) })
	return entries
}
