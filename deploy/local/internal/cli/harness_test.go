package cli_test

import (
	"os"
	"strings"
	"testing"
)

// TestMain removes the variables that `bin/douyin with` sets for the commands
// beside a stack, these tests among them: they would choose that stack.
func TestMain(m *testing.M) {
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "DOUYIN_") {
			if err := os.Unsetenv(name); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}
