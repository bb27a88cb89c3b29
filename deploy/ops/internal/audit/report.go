package audit

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Violation is one broken invariant.
type Violation struct {
	Invariant string `json:"invariant"` // I1 to I10
	What      string `json:"what"`
	Expected  string `json:"expected"`
	Found     string `json:"found"`
}

func (v Violation) String() string {
	return fmt.Sprintf("%s %s: expected %s, found %s", v.Invariant, v.What, v.Expected, v.Found)
}

// Compared counts what was compared, so that an audit of nothing differs from one
// that found nothing.
type Compared struct {
	Databases int `json:"databases"`
	Rows      int `json:"rows"`
	Documents int `json:"hot_documents"` // without invalidated ones
	Answers   int `json:"api_answers"`   // lists and profiles
	Objects   int `json:"objects"`
}

// Report is the outcome of an audit.
type Report struct {
	Violations []Violation `json:"violations"`
	Notes      []string    `json:"notes"` // what was skipped, with the reason
	Compared   Compared    `json:"compared"`
}

// OK reports whether there is no violation.
func (r *Report) OK() bool { return len(r.Violations) == 0 }

func (r *Report) violate(v Violation) { r.Violations = append(r.Violations, v) }

func (r *Report) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// unstable notes a comparison that could not be decided.
func (r *Report) unstable(what string) { r.note("%s changes too fast to be compared", what) }

// newReport returns an empty report, whose JSON has lists and no nulls.
func newReport() Report { return Report{Violations: []Violation{}, Notes: []string{}} }

// maxLines is how many violations of one invariant are printed.
const maxLines = 20

// Write prints one line per note and violation, and a summary. Of many violations
// of one invariant it prints the first ones and the number of the others.
func (r *Report) Write(w io.Writer) error {
	var text strings.Builder
	for _, note := range r.Notes {
		text.WriteString("note: " + note + "\n")
	}
	broken := map[string]int{}
	for _, v := range r.Violations {
		if broken[v.Invariant]++; broken[v.Invariant] <= maxLines {
			text.WriteString(v.String() + "\n")
		}
	}
	for _, invariant := range slices.Sorted(maps.Keys(broken)) {
		if more := broken[invariant] - maxLines; more > 0 {
			fmt.Fprintf(&text, "%s: %d more violations\n", invariant, more)
		}
	}
	c := r.Compared
	fmt.Fprintf(&text, "audit: %s; compared %d rows of %d databases, %d hot documents, %d answers of the API, %d objects\n",
		r.verdict(), c.Rows, c.Databases, c.Documents, c.Answers, c.Objects)
	_, err := io.WriteString(w, text.String())
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
