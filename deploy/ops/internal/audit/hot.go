package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/confirm"
	hotentryv1 "github.com/douyin-on-dapr/douyin/services/contract/hotentry/v1"
)

// Hot reads the hot state.
type Hot interface {
	// Keys lists the keys of all entries, without the prefix of the state store.
	Keys(ctx context.Context) ([]string, error)
	// Entry reads one entry. The version changes with each write; the version of an
	// absent entry is "".
	Entry(ctx context.Context, key string) (value []byte, version string, err error)
}

// hotState compares every document of the hot state with the rows it was made
// of.
func (a *auditor) hotState(ctx context.Context) error {
	if a.options.Hot == nil {
		a.report.note("hot state: skipped")
		return nil
	}
	keys, err := a.options.Hot.Keys(ctx)
	if err != nil {
		return fmt.Errorf("hot state: %w", err)
	}
	slices.Sort(keys)
	families := families()
	var comparisons []comparison
	unread := map[string]string{} // reason by kind
	for _, key := range keys {
		kind, _, _ := strings.Cut(key, ":")
		of, known := families[kind]
		switch {
		case kind == "told": // the mark by which the relay of an outbox notices that the broker lost its data
		case !known:
			unread[kind] = "the audit does not know them"
		case !a.databases[of.service].Has(of.tables...):
			unread[kind] = "their tables do not exist"
		default:
			comparisons = append(comparisons, a.document(key, of))
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(unread)) {
		a.report.note("hot state: documents %s:... are not compared, %s", kind, unread[kind])
	}
	if err := a.confirm(ctx, a.options.Staleness, comparisons); err != nil {
		return err
	}
	a.report.Compared.Documents = int(a.documents.Load())
	return nil
}

// document compares one entry. It reads the copy before the rows. A change of rows
// is followed by an invalidation of the copy, so a copy that stays unchanged for
// long enough is older than those rows.
func (a *auditor) document(key string, of family) comparison {
	var once sync.Once
	take := func(ctx context.Context) (confirm.Sample, error) {
		value, version, err := a.options.Hot.Entry(ctx, key)
		if err != nil {
			return confirm.Sample{}, fmt.Errorf("hot state, %s: %w", key, err)
		}
		numbers, keyOK := numbersOf(key, of.numbers)
		found, state := decode(value, of.empty())
		switch {
		case version == "" || state == invalidated:
			return confirm.Sample{Same: true}, nil
		case state == undecodable || !keyOK:
			return confirm.Sample{Expected: "a document of the contract", Found: "none", State: version}, nil
		}
		once.Do(func() { a.documents.Add(1) })
		expected, err := of.rebuild(ctx, a.databases[of.service], key, numbers)
		if err != nil {
			return confirm.Sample{}, fmt.Errorf("rows of the hot document %s: %w", key, err)
		}
		if expected == nil || proto.Equal(expected, found) {
			return confirm.Sample{Same: true}, nil
		}
		_, now, err := a.options.Hot.Entry(ctx, key)
		if err != nil {
			return confirm.Sample{}, fmt.Errorf("hot state, %s: %w", key, err)
		}
		want, got := difference(text(expected), text(found))
		return confirm.Sample{Moving: now != version, Expected: want, Found: got, State: version}, nil
	}
	return comparison{invariant: "I7", what: "hot document " + key, take: take}
}

// contents is the kind of content of an entry.
type contents int

const (
	undecodable contents = iota
	invalidated
	valid
)

// decode unwraps an entry into a document.
func decode(value []byte, document proto.Message) (proto.Message, contents) {
	var entry hotentryv1.Entry
	if err := proto.Unmarshal(value, &entry); err != nil {
		return nil, undecodable
	}
	content, ok := entry.GetContent().(*hotentryv1.Entry_Document)
	if !ok {
		return nil, invalidated
	}
	if err := proto.Unmarshal(content.Document, document); err != nil {
		return nil, undecodable
	}
	return document, valid
}

func text(m proto.Message) string { return prototext.MarshalOptions{}.Format(m) }

// shownBefore and shownAfter are how many bytes of two long texts are shown before
// and after their first difference.
const (
	shownBefore = 20
	shownAfter  = 60
)

// difference shortens two texts to the part around their first difference.
func difference(a, b string) (string, string) {
	common := 0
	for common < len(a) && common < len(b) && a[common] == b[common] {
		common++
	}
	return excerpt(a, common), excerpt(b, common)
}

func excerpt(s string, around int) string {
	from, to := max(0, around-shownBefore), min(len(s), around+shownAfter)
	cut := strings.ToValidUTF8(s[from:to], "")
	if from > 0 {
		cut = "..." + cut
	}
	if to < len(s) {
		cut += "..."
	}
	if cut == "" {
		return "nothing"
	}
	return cut
}
