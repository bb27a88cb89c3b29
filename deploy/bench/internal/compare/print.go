package compare

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Print prints a line for each value of each endpoint.
func (r Result) Print(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	if _, err := fmt.Fprintln(t, "\t\tA\tB\tB/A\tinterval\t\t"); err != nil {
		return err
	}
	for _, line := range r.Lines {
		title := line.Title
		for _, v := range line.Values {
			_, err := fmt.Fprintf(t, "%s\t%s\t%.4g\t%.4g\t%.2f\t%.2f to %.2f\t%s\t\n",
				title, v.Name, v.A, v.B, v.Ratio.Mean, v.Ratio.Low, v.Ratio.High, v.Verdict)
			if err != nil {
				return err
			}
			title = ""
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, fault := range r.Faults {
		if _, err := fmt.Fprintln(out, "FAULT", fault); err != nil {
			return err
		}
	}
	return nil
}
