//go:build e2e

package faults

import (
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

// With two replicas of every program one may be down: requests of all kinds are
// answered, writes too, although sidecars go on choosing the stopped replica now and
// then.
func TestOneReplicaIsEnough(t *testing.T) {
	if len(e2etest.TheStack(t).Replicas(t, "gateway")) < 2 {
		t.Skip("this stack has one of each program: start it with --replicas 2")
	}
	const (
		rounds = 5
		// maxFailures of all requests may fail, those that hit the stopped replica
		// several times in a row.
		maxFailures = 3
	)
	for _, app := range []string{"gateway", "user", "video", "interaction", "relation", "chat", "media"} {
		for _, name := range []string{app, e2etest.Sidecar(app)} {
			t.Run(name, func(t *testing.T) {
				stack := breakable(t)
				h := newHarness(t)
				steps := append(h.steps(), h.social(e2etest.NewAccount(t, h.phone))...)
				for _, replica := range stack.Replicas(t, name) {
					stack.Stop(t, replica)
					for _, step := range h.steps() {
						e2etest.Within(t, e2etest.Recovery, step.Name+" works", step.Do)
					}
					failed := 0
					for range rounds {
						for _, step := range steps {
							if err := step.Do(t.Context()); err != nil {
								failed++
								t.Logf("without %s, %s: %v", replica, step.Name, err)
							}
						}
					}
					if failed > maxFailures {
						t.Errorf("without %s, %d of %d requests fail", replica, failed, rounds*len(steps))
					}
					stack.Start(t, replica)
				}
			})
		}
	}
}
