package main

import (
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	"github.com/douyin-on-dapr/douyin/services/platform/config"
)

func TestPolicy(t *testing.T) {
	t.Setenv("APP_PORT", "21050")
	var c Config
	if err := config.Load(&c); err != nil || c.Policy != chat.Anyone {
		t.Errorf("by default %q, %v", c.Policy, err)
	}
	t.Setenv("CHAT_POLICY", "friends")
	if err := config.Load(&c); err != nil || c.Policy != chat.Friends {
		t.Errorf("set: %q, %v", c.Policy, err)
	}
	t.Setenv("CHAT_POLICY", "nobody")
	if err := config.Load(&c); err == nil || !strings.Contains(err.Error(), "CHAT_POLICY") {
		t.Errorf("unknown policy: %v", err)
	}
}
