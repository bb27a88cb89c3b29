// Package audit compares the data of a running system with its rules: counters
// equal the sets they count, conversations are numbered without gaps, the feed
// shows each video once, documents of the hot state and answers of the API equal
// the rows, events are published. It never writes, and it works under traffic:
// rows of one database come from one snapshot, and a copy that differs from the
// rows is a violation only if the difference lasts.
//
// The invariants that a violation names:
//
//	I1  nothing acknowledged is lost
//	I2  a repetition changes nothing
//	I3  every counter equals its set
//	I4  every event is delivered, in order per subject; no dead letter is silent
//	I5  messages of a conversation are in one order, each once
//	I6  friends follow each other; nobody follows themselves
//	I7  documents of the hot state equal the rows
//	I8  every video has its bytes; every object belongs to a row; nothing of a
//	    deleted video remains
//	I9  the feed shows each ready video once, newest first
//	I10 one user per name; every user and video that a row names exists
package audit

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/confirm"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/servicedb"
	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/storage"
	"github.com/douyin-on-dapr/douyin/services/contract"
)

// Options say what to audit.
type Options struct {
	// DSNs of the services' databases. A service without a DSN, a database or
	// tables is skipped.
	DSNs map[string]string

	Hot     Hot            // nil: skipped
	API     API            // nil: skipped
	Objects storage.Reader // nil: skipped

	// Settle is how long waiting events may take to be published, and then to
	// have their effects. 0 requires only that none has waited for longer than a
	// minute.
	Settle time.Duration

	// Staleness is how long a copy may differ from the rows; 0 means 5 s.
	Staleness time.Duration

	// AllowDeadLetters reports a dead letter as a note instead of a violation.
	AllowDeadLetters bool

	// Sample bounds how many users and how many videos have their pages read
	// through the API, evenly spread over all of them; 0 means all.
	Sample int
}

// defaultStaleness is the longest staleness that the system allows.
const defaultStaleness = 5 * time.Second

// services are in the order in which their databases are read. A row refers only
// to rows of databases later in the order, so the row it refers to is found even
// if both were written while the audit runs.
func services() []string {
	return []string{chat, relation, interaction, video, user}
}

// The services with a database, which has the same name.
const (
	user        = string(contract.AppUser)
	video       = string(contract.AppVideo)
	interaction = string(contract.AppInteraction)
	relation    = string(contract.AppRelation)
	chat        = string(contract.AppChat)
)

// auditor is one run.
type auditor struct {
	options   Options
	databases map[string]*servicedb.DB // those that exist
	report    Report
	users     []int64      // all ids, ascending
	videos    []int64      // ids of the ready videos
	deleted   []int64      // ids of the deleted videos
	prunedTo  int64        // deleted videos with ids up to this may have no row
	documents atomic.Int64 // number of compared documents
}

// Run audits and reports. The error says that something could not be compared at
// all, for example because a database is down; the report then holds what was
// found before.
func Run(ctx context.Context, o Options) (report Report, err error) {
	if o.Staleness == 0 {
		o.Staleness = defaultStaleness
	}
	a := &auditor{options: o, databases: map[string]*servicedb.DB{}, report: newReport()}
	defer func() {
		report = a.report
		for _, d := range a.databases {
			err = errors.Join(err, d.Close())
		}
	}()
	if err := a.open(ctx); err != nil {
		return report, err
	}
	// First, because events that are not processed yet make copies differ.
	if err := a.outboxes(ctx); err != nil {
		return report, err
	}
	for _, part := range []func(context.Context) error{a.rows, a.deletions, a.activities, a.hotState, a.api, a.objects} {
		if err := part(ctx); err != nil {
			return report, err
		}
	}
	return report, nil
}

// open connects to every database that exists and notes the others.
func (a *auditor) open(ctx context.Context) error {
	for _, service := range services() {
		dsn := a.options.DSNs[service]
		if dsn == "" {
			a.report.note("%s: skipped, there is no secret of its database", service)
			continue
		}
		d, err := servicedb.Open(ctx, service, dsn)
		switch {
		case err != nil:
			return err
		case d == nil:
			a.report.note("%s: skipped, there is no database", service)
			continue
		case d.Empty():
			a.report.note("%s: skipped, its database has no tables", service)
		}
		a.databases[service] = d
	}
	return nil
}

// comparison is a comparison of a copy with rows, and the invariant that a
// lasting mismatch violates.
type comparison struct {
	invariant string
	what      string
	take      func(ctx context.Context) (confirm.Sample, error)
}

// confirm reports the comparisons whose mismatch lasts for the timeout.
func (a *auditor) confirm(ctx context.Context, timeout time.Duration, comparisons []comparison) error {
	all := make([]confirm.Comparison, len(comparisons))
	for i, c := range comparisons {
		all[i] = confirm.Comparison{Name: c.what, Take: c.take}
	}
	result, err := confirm.Run(ctx, timeout, all)
	if err != nil {
		return err
	}
	for _, m := range result.Mismatches {
		c := comparisons[m.Index]
		a.report.violate(Violation{Invariant: c.invariant, What: c.what, Expected: m.Expected, Found: m.Found})
	}
	for _, i := range result.Unstable {
		a.report.unstable(comparisons[i].what)
	}
	return nil
}

// sampled picks at most the wanted number of ids, evenly spread.
func (a *auditor) sampled(what string, ids []int64) []int64 {
	limit := a.options.Sample
	if limit <= 0 || len(ids) <= limit {
		return ids
	}
	a.report.note("api: %d of %d %s are compared", limit, len(ids), what)
	picked := make([]int64, limit)
	for i := range picked {
		picked[i] = ids[i*len(ids)/limit]
	}
	return picked
}
