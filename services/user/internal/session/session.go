// Package session generates session ids.
package session

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"
)

// NewID returns a ULID: 26 characters that sort by time and contain 80 random
// bits.
func NewID(now time.Time) (string, error) {
	id, err := ulid.New(ulid.Timestamp(now), rand.Reader)
	if err != nil {
		return "", fmt.Errorf("generate a session id: %w", err)
	}
	return id.String(), nil
}
