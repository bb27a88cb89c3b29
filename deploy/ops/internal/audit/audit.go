// Package audit holds a running stack against what it promises: counters equal
// the sets they count, conversations are numbered without gaps, the feed shows
// each video once, copies in the hot state and answers of the API equal the
// rows, events go out. It only reads, unless it is told to remove what no row
// knows, and it works beside traffic: what it takes from one database comes from
// one snapshot, and a copy that differs from the rows is a violation only when it
// stays so.
//
// The invariants that a violation names:
//
//	I1  nothing acknowledged is lost
//	I2  a repetition changes nothing
//	I3  every counter equals its set
//	I4  every event is delivered, in order per subject; no dead letter is silent
//	I5  messages of a conversation are in one order, each once
//	I6  friends follow each other; nobody follows themselves
//	I7  copies in the hot state equal the rows
//	I8  every video has its bytes; every object belongs to a row; of what is
//	    deleted nothing is left
//	I9  the feed shows each ready video once, newest first
//	I10 one user per name; who is named in a row exists
package audit

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/douyin-on-dapr/douyin/services/contract"
)

// Options say what to audit.
type Options struct {
	// DSNs of the services' databases. A service without one is skipped, and so
	// is one whose database or tables do not exist.
	DSNs map[string]string

	Hot     Hot     // nil: not compared
	API     API     // nil: not asked
	Objects Objects // nil: not compared

	// Settle is how long events that are waiting may take to go out, and then to
	// have their effects. 0 asks only that none has waited for longer than a
	// minute.
	Settle time.Duration

	// Staleness is how long a copy may differ from the rows; 0 means 5 s.
	Staleness time.Duration

	// Remover removes the objects that no row knows, which then are no violation.
	// nil: they are only reported.
	Remover Remover

	// StrayAge is how old such an object is at least when it is removed; 0 means
	// 10 min.
	StrayAge time.Duration

	// AllowDeadLetters makes a note of a dead letter instead of a violation.
	AllowDeadLetters bool

	// Sample bounds how many users and how many videos have their pages read
	// through the API, evenly spread over all of them; 0 means all.
	Sample int
}

// defaultStaleness is what the system promises of its copies.
const defaultStaleness = 5 * time.Second

// services in the order in which their databases are read: what a row of one
// refers to is in a database that is read after it, and so is there even if
// both were written in between.
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
	databases map[string]*database // those that exist
	report    Report
	users     []int64      // all ids, ascending
	videos    []int64      // that are ready
	deleted   []int64      // videos
	documents atomic.Int64 // that were compared
}

// Run audits and reports. The error says that something could not be compared
// at all, as when a database is down; the report then holds what was found
// before.
func Run(ctx context.Context, o Options) (report Report, err error) {
	if o.Staleness == 0 {
		o.Staleness = defaultStaleness
	}
	if o.StrayAge == 0 {
		o.StrayAge = defaultStrayAge
	}
	a := &auditor{options: o, databases: map[string]*database{}, report: newReport()}
	defer func() {
		report = a.report
		for _, d := range a.databases {
			err = errors.Join(err, d.db.Close())
		}
	}()
	if err := a.open(ctx); err != nil {
		return report, err
	}
	// First, because what is on its way is what makes copies differ.
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

// Orphans lists the objects that no row knows as violations, and deletes them
// when the options have a Remover.
func Orphans(ctx context.Context, o Options) (report Report, err error) {
	if o.Staleness == 0 {
		o.Staleness = defaultStaleness
	}
	if o.StrayAge == 0 {
		o.StrayAge = defaultStrayAge
	}
	o.DSNs = map[string]string{video: o.DSNs[video]}
	a := &auditor{options: o, databases: map[string]*database{}, report: newReport()}
	defer func() {
		report = a.report
		for _, d := range a.databases {
			err = errors.Join(err, d.db.Close())
		}
	}()
	if err := a.open(ctx); err != nil {
		return report, err
	}
	d := a.databases[video]
	if a.options.Objects == nil || !d.has("videos", "uploads", "outputs", "removals") {
		return report, errors.New("the objects or the tables of video are missing")
	}
	kept, err := o.Objects.List(ctx)
	if err != nil {
		return report, err
	}
	unfinished, err := o.Objects.Unfinished(ctx)
	if err != nil {
		return report, err
	}
	return report, a.strays(ctx, d, kept, unfinished)
}

// sampled picks at most the wanted number of ids, evenly spread.
func (a *auditor) sampled(what string, ids []int64) []int64 {
	limit := a.options.Sample
	if limit <= 0 || len(ids) <= limit {
		return ids
	}
	a.report.note("api: %d of %d %s are looked at", limit, len(ids), what)
	picked := make([]int64, limit)
	for i := range picked {
		picked[i] = ids[i*len(ids)/limit]
	}
	return picked
}
