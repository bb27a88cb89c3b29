package main

import (
	"errors"
	"fmt"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
	"github.com/douyin-on-dapr/douyin/services/platform/program"
)

// Config is the configuration that the program reads from its environment.
type Config struct {
	program.Config
	Policy chat.Policy `env:"CHAT_POLICY" envDefault:"anyone"` // who may write to whom: anyone or friends
}

// Validate reports every invalid value, each by the name of its variable.
func (c Config) Validate() error {
	faults := []error{c.Config.Validate()}
	if c.Policy != chat.Anyone && c.Policy != chat.Friends {
		faults = append(faults, fmt.Errorf("CHAT_POLICY: %q is neither %s nor %s", c.Policy, chat.Anyone, chat.Friends))
	}
	return errors.Join(faults...)
}
