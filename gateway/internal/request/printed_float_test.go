package request

import (
	"fmt"
	"testing"
)

// The organiser's tests send the id of a video as Go prints a float64.
func TestIDsPrintedAsFloats(t *testing.T) {
	for _, id := range []int64{1, 999_999, 1_000_000, 21_000_000, 370_000_000_000_001, 1 << 50, MaxID - 1, MaxID} {
		text := fmt.Sprint(float64(id))
		if got, err := (Params{query: values{"id": {text}}}).ID("id"); err != nil || got != id {
			t.Errorf("%s: %d, %v, want %d", text, got, err, id)
		}
	}
	for _, text := range []string{
		"1e3", "1E+06", "1e+6", "1.0e+06", "+1e+06", "-1e+06", "1.5", "3.5e-05", "1e+06 ", "0x1p+20", "1_0e+05",
		"9.007199254740992e+15", "9.007199254740993e+15", "1e+16", "1e+300", "1e+400", "NaN", "Inf", "+Inf", "-0", "3.700000000000010000e+14",
	} {
		if got, err := (Params{query: values{"id": {text}}}).ID("id"); err == nil {
			t.Errorf("%q is taken as %d", text, got)
		}
	}
}
