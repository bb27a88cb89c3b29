package stack

import "github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"

// Programs is what the supervisor would be given to start.
func (s *Stack) Programs() []supervise.Spec { return s.programs() }
