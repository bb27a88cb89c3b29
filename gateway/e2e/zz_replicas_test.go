//go:build e2e

package e2e

import (
	"context"
	"testing"
	"time"
)

// With two of every program one that stays down is not missed: after a moment
// requests of all kinds are answered, writes too, though sidecars go on to offer
// the other one.
func TestOneReplicaIsEnough(t *testing.T) {
	stack := theStack(t)
	if len(stack.replicas(t, "gateway")) < 2 {
		t.Skip("this stack has one of each: start it with --replicas 2")
	}
	const rounds = 5
	for _, app := range []string{"gateway", "user", "video", "interaction", "relation", "chat", "media"} {
		for _, name := range []string{app, sidecarOf(app)} {
			t.Run(name, func(t *testing.T) {
				s := newScene(t)
				steps := append(s.all(), s.social(newAccount(t, s.phone))...)
				for _, replica := range stack.replicas(t, name) {
					stack.stop(t, replica)
					stopped := time.Now()
					t.Logf("all well %s after %s was stopped", s.healthy(t, stopped).Round(time.Millisecond), replica)
					failed := 0
					for range rounds {
						for _, st := range steps {
							if err := st.do(t.Context()); err != nil {
								failed++
								t.Logf("without %s, %s: %v", replica, st.name, err)
							}
						}
					}
					if failed > 3 { // a call can meet the dead one by chance, again and again
						t.Errorf("without %s, %d of %d requests fail", replica, failed, rounds*len(steps))
					}
					stack.start(t, replica)
				}
			})
		}
	}
}

// social are requests to the services that the others do without.
func (s scene) social(fan account) []step {
	return []step{
		{name: "like", do: func(ctx context.Context) error { return acknowledged(s.phone.Like(ctx, fan.Token, s.video.ID, true)) }},
		{name: "comment", do: func(ctx context.Context) error {
			return acknowledged(s.phone.Comment(ctx, fan.Token, s.video.ID, "one is enough"))
		}},
		{name: "follow", do: func(ctx context.Context) error { return acknowledged(s.phone.Follow(ctx, fan.Token, s.user.ID, true)) }},
		{name: "message", do: func(ctx context.Context) error {
			return acknowledged(s.phone.Send(ctx, fan.Token, s.user.ID, "one is enough"))
		}},
		{name: "chat", do: func(ctx context.Context) error { return acknowledged(s.phone.Chat(ctx, fan.Token, s.user.ID, "0")) }},
		{name: "followers", do: func(ctx context.Context) error {
			return acknowledged(s.phone.Followers(ctx, s.user.ID, fan.Token, Part{}))
		}},
	}
}
