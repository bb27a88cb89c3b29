package program

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/config"
)

// Config is the part of the environment that every service reads; its own Config
// embeds it. The DSN of its database is a secret and comes from the secret store.
type Config struct {
	config.Base
	DBConnections int           `env:"DB_CONNECTIONS" envDefault:"32"` // most connections to the database
	StartTimeout  time.Duration `env:"START_TIMEOUT" envDefault:"1m"`  // until sidecar and database answer
}

// Validate reports every invalid value by its variable.
func (c Config) Validate() error {
	faults := []error{c.Base.Validate()}
	if c.AppPort == 0 {
		faults = append(faults, errors.New("APP_PORT: missing; the sidecar calls the service at this port"))
	}
	if c.DBConnections < 2 { // a migration needs two
		faults = append(faults, fmt.Errorf("DB_CONNECTIONS: %d is less than 2", c.DBConnections))
	}
	if c.StartTimeout <= 0 {
		faults = append(faults, fmt.Errorf("START_TIMEOUT: %v is not above 0", c.StartTimeout))
	}
	return errors.Join(faults...)
}

// Address is the address on which the service listens for its sidecar.
func (c Config) Address() string { return net.JoinHostPort(c.ListenHost, strconv.Itoa(c.AppPort)) }

// Sidecar is the address of its sidecar.
func (c Config) Sidecar() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(c.DaprGRPCPort))
}
