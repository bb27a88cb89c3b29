//go:build e2e

package e2e

import "testing"

// After everything that went well and wrong, all that the system promises of its
// data holds.
func TestAuditAfterEverything(t *testing.T) {
	theStack(t).audit(t)
}
