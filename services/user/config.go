package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/program"
	"github.com/douyin-on-dapr/douyin/services/user/internal/password"
)

// Config is the configuration that the program reads from its environment.
type Config struct {
	program.Config
	HashConcurrent int           `env:"USER_HASH_CONCURRENT" envDefault:"2"` // concurrent password hashes, 19 MiB each
	HashQueue      int           `env:"USER_HASH_QUEUE" envDefault:"128"`    // calls that may wait for a hash
	HashWait       time.Duration `env:"USER_HASH_WAIT" envDefault:"2s"`      // longest wait; less than the 3 s deadline of a caller
}

// Validate reports every invalid value, each by the name of its variable.
func (c Config) Validate() error {
	faults := []error{c.Config.Validate()}
	atLeast := func(variable string, value, least int) {
		if value < least {
			faults = append(faults, fmt.Errorf("%s: %d is less than %d", variable, value, least))
		}
	}
	atLeast("USER_HASH_CONCURRENT", c.HashConcurrent, 1)
	atLeast("USER_HASH_QUEUE", c.HashQueue, 0)
	if c.HashWait <= 0 {
		faults = append(faults, fmt.Errorf("USER_HASH_WAIT: %v is not above 0", c.HashWait))
	}
	return errors.Join(faults...)
}

func (c Config) hashing() password.Options {
	return password.Options{Params: password.Recommended(), Concurrent: c.HashConcurrent, Queue: c.HashQueue, Wait: c.HashWait}
}
