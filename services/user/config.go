package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/config"
	"github.com/douyin-on-dapr/douyin/services/user/internal/password"
)

// Config is all that the program reads from its environment. The DSN of its
// database is a secret and comes from the secret store.
type Config struct {
	config.Base
	DBConnections  int           `env:"USER_DB_CONNECTIONS" envDefault:"32"`
	HashConcurrent int           `env:"USER_HASH_CONCURRENT" envDefault:"2"` // password hashes at a time, 19 MiB each
	HashQueue      int           `env:"USER_HASH_QUEUE" envDefault:"128"`    // calls that may wait for a hash
	HashWait       time.Duration `env:"USER_HASH_WAIT" envDefault:"2s"`      // and for how long; less than a caller's 3 s
	StartTimeout   time.Duration `env:"USER_START_TIMEOUT" envDefault:"1m"`  // for sidecar and database to answer
}

// Validate reports every value that cannot work, each by its variable.
func (c Config) Validate() error {
	faults := []error{c.Base.Validate()}
	if c.AppPort == 0 {
		faults = append(faults, errors.New("APP_PORT: the port for the sidecar is missing"))
	}
	atLeast := func(variable string, value, least int) {
		if value < least {
			faults = append(faults, fmt.Errorf("%s: %d is less than %d", variable, value, least))
		}
	}
	atLeast("USER_DB_CONNECTIONS", c.DBConnections, 1)
	atLeast("USER_HASH_CONCURRENT", c.HashConcurrent, 1)
	atLeast("USER_HASH_QUEUE", c.HashQueue, 0)
	positive := func(variable string, value time.Duration) {
		if value <= 0 {
			faults = append(faults, fmt.Errorf("%s: %v is not above 0", variable, value))
		}
	}
	positive("USER_HASH_WAIT", c.HashWait)
	positive("USER_START_TIMEOUT", c.StartTimeout)
	return errors.Join(faults...)
}

func (c Config) address() string {
	return net.JoinHostPort(c.ListenHost, strconv.Itoa(c.AppPort))
}

func (c Config) sidecar() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(c.DaprGRPCPort))
}

func (c Config) hashing() password.Options {
	return password.Options{Params: password.Recommended(), Concurrent: c.HashConcurrent, Queue: c.HashQueue, Wait: c.HashWait}
}
