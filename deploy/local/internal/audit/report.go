package audit

import (
	"fmt"
	"io"
)

// Violation is one broken promise.
type Violation struct {
	Invariant string `json:"invariant"` // I1 to I10
	What      string `json:"what"`
	Expected  string `json:"expected"`
	Found     string `json:"found"`
}

func (v Violation) String() string {
	return fmt.Sprintf("%s %s: expected %s, found %s", v.Invariant, v.What, v.Expected, v.Found)
}

// Compared counts what was looked at, so that an audit of nothing does not look
// like one that found nothing.
type Compared struct {
	Databases int `json:"databases"`
	Rows      int `json:"rows"`
	Documents int `json:"hot_documents"` // invalidated ones left out
	Answers   int `json:"api_answers"`   // lists and profiles that were held against rows
	Objects   int `json:"objects"`
}

// Report is the outcome of an audit.
type Report struct {
	Violations []Violation `json:"violations"`
	Notes      []string    `json:"notes"` // what was skipped, and why
	Compared   Compared    `json:"compared"`
}

// OK reports whether no promise is broken.
func (r *Report) OK() bool { return len(r.Violations) == 0 }

func (r *Report) violate(v Violation) { r.Violations = append(r.Violations, v) }

func (r *Report) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// Write prints one line per note and violation, and a summary.
func (r *Report) Write(w io.Writer) error {
	for _, note := range r.Notes {
		if _, err := fmt.Fprintln(w, "note:", note); err != nil {
			return err
		}
	}
	for _, v := range r.Violations {
		if _, err := fmt.Fprintln(w, v); err != nil {
			return err
		}
	}
	c := r.Compared
	_, err := fmt.Fprintf(w, "audit: %s; compared %d rows of %d databases, %d hot documents, %d answers of the API, %d objects\n",
		r.verdict(), c.Rows, c.Databases, c.Documents, c.Answers, c.Objects)
	return err
}

func (r *Report) verdict() string {
	switch len(r.Violations) {
	case 0:
		return "no violation"
	case 1:
		return "1 violation"
	default:
		return fmt.Sprintf("%d violations", len(r.Violations))
	}
}
