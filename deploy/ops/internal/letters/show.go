package letters

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/douyin-on-dapr/douyin/services/platform/deadletter"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// view is the JSON form of a letter.
type view struct {
	App       string `json:"app"`
	ID        int64  `json:"id"`
	Topic     string `json:"topic"` // of the event; empty when the letter is no event
	EventID   string `json:"event_id"`
	Received  string `json:"received"`
	Bytes     int64  `json:"bytes"`
	Replays   int    `json:"replays"`
	Requested bool   `json:"replay_requested"`
	Retries   int    `json:"retries"`    // by the service itself
	NextRetry string `json:"next_retry"` // empty: there is none
	Refused   bool   `json:"refused"`    // by the handler; only an operator can replay it
	LastError string `json:"last_error"`
	Payload   string `json:"payload,omitempty"`
}

func viewOf(l Letter) view {
	next := ""
	if l.RetryMS != nil {
		next = time.UnixMilli(*l.RetryMS).UTC().Format(time.RFC3339)
	}
	return view{
		App: l.App, ID: l.ID, Topic: l.SourceTopic, EventID: l.EventID,
		Received: time.UnixMilli(l.ReceivedMS).UTC().Format(time.RFC3339),
		Bytes:    l.PayloadLength, Replays: l.Replays, Requested: l.RequestedMS != nil,
		Retries: l.Retries, NextRetry: next, Refused: l.Refused, LastError: l.LastError,
	}
}

// List prints the selected letters without their payloads: a table, or JSON.
func (all Services) List(ctx context.Context, f *Filter, asJSON bool, out io.Writer) error {
	found, err := all.find(ctx, f)
	if err != nil {
		return err
	}
	views := make([]view, 0, len(found))
	for _, l := range found {
		views = append(views, viewOf(l))
	}
	if asJSON {
		return printJSON(out, views)
	}
	if len(views) == 0 {
		_, err := fmt.Fprintln(out, "no dead letters")
		return err
	}
	return printTable(out, views)
}

func printJSON(out io.Writer, views []view) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(views)
}

// maxErrorShown is how much of an error a line of the table shows, in runes.
const maxErrorShown = 60

func printTable(out io.Writer, views []view) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if _, err := fmt.Fprintln(table, "APP\tID\tTOPIC\tEVENT\tRECEIVED\tREPLAYS\tNEXT RETRY\tLAST ERROR"); err != nil {
		return err
	}
	for _, v := range views {
		topic, replays := v.Topic, fmt.Sprint(v.Replays)
		if topic == "" {
			topic = "(no event)"
		}
		if v.Requested {
			replays += ", requested"
		}
		if _, err := fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", v.App, v.ID, topic, v.EventID, v.Received, replays, v.NextRetry, line(v.LastError)); err != nil {
			return err
		}
	}
	return table.Flush()
}

// line is the beginning of a text on one line.
func line(text string) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > maxErrorShown {
		return string(runes[:maxErrorShown]) + "..."
	}
	return string(runes)
}

// Show prints the selected letters with their payloads.
func (all Services) Show(ctx context.Context, f *Filter, asJSON bool, out io.Writer) error {
	found, err := all.find(ctx, f)
	if err != nil {
		return err
	}
	views := make([]view, 0, len(found))
	for _, s := range all {
		for _, l := range of(s, found) {
			whole, err := deadletter.Get(ctx, s.DB, l.ID)
			if errs.CodeOf(err) == errs.NotFound {
				continue // it was replayed or discarded meanwhile
			}
			if err != nil {
				return fmt.Errorf("dead letter %d of %s: %w", l.ID, s.Name, err)
			}
			v := viewOf(Letter{s.Name, whole})
			v.Payload = string(whole.Payload)
			if !utf8.Valid(whole.Payload) {
				v.Payload = fmt.Sprintf("%q", whole.Payload)
			}
			views = append(views, v)
		}
	}
	if asJSON {
		return printJSON(out, views)
	}
	if len(views) == 0 {
		_, err := fmt.Fprintln(out, "no dead letters")
		return err
	}
	for _, v := range views {
		_, err := fmt.Fprintf(out, "app:        %s\nid:         %d\ntopic:      %s\nevent:      %s\nreceived:   %s\nreplays:    %d\nretries:    %d\nnext retry: %s\nrefused:    %t\nlast error: %s\npayload:    %s\n\n",
			v.App, v.ID, v.Topic, v.EventID, v.Received, v.Replays, v.Retries, v.NextRetry, v.Refused, v.LastError, v.Payload)
		if err != nil {
			return err
		}
	}
	return nil
}
