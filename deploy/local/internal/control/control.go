// Package control lets a second invocation of the starter control the one that
// runs a stack: HTTP over a unix socket in the data folder, open to the folder's
// owner only.
package control

import (
	"context"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

// Status is a stack at one moment.
type Status struct {
	PID      int                `json:"pid"`
	State    string             `json:"state"` // see the states below
	Root     string             `json:"root"`
	Data     string             `json:"data"`
	BaseURL  string             `json:"base_url,omitempty"`  // of the gateway, for clients
	LocalURL string             `json:"local_url,omitempty"` // of the gateway, seen from this machine
	Gateway  string             `json:"gateway,omitempty"`   // host:port that it listens on
	Gateways []string           `json:"gateways,omitempty"`  // URL of each one, seen from this machine
	Replicas int                `json:"replicas"`            // of every app
	Env      string             `json:"environment"`
	S3       string             `json:"s3,omitempty"` // host:port of the S3 server, seen from this machine
	Offset   int                `json:"port_offset"`
	Suffix   string             `json:"app_id_suffix"`
	Resolver string             `json:"resolver,omitempty"`
	Started  time.Time          `json:"started"`
	Parts    []supervise.Status `json:"parts"`
}

// The states of a stack.
const (
	Starting = "starting" // not all parts have been ready
	Ready    = "ready"    // all parts run
	Degraded = "degraded" // a part is down
	Stopping = "stopping"
)

// Stack is controlled by the server.
type Stack interface {
	Status() Status
	StopPart(ctx context.Context, part string) error
	StartPart(ctx context.Context, part string) error
	Check(ctx context.Context) map[string]string
	Down()
}
