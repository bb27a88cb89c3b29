package program

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/config"
)

// Config is what every service reads from its environment; the service's own
// Config embeds it. The DSN of its database is a secret and comes from the
// secret store.
type Config struct {
	config.Base
	DBConnections int           `env:"DB_CONNECTIONS" envDefault:"32"` // to the database, at most
	StartTimeout  time.Duration `env:"START_TIMEOUT" envDefault:"1m"`  // for sidecar and database to answer
}

// Validate reports every value that cannot work, each by its variable.
func (c Config) Validate() error {
	faults := []error{c.Base.Validate()}
	if c.AppPort == 0 {
		faults = append(faults, errors.New("APP_PORT: the port for the sidecar is missing"))
	}
	if c.DBConnections < 2 { // a migration needs two
		faults = append(faults, fmt.Errorf("DB_CONNECTIONS: %d is less than 2", c.DBConnections))
	}
	if c.StartTimeout <= 0 {
		faults = append(faults, fmt.Errorf("START_TIMEOUT: %v is not above 0", c.StartTimeout))
	}
	return errors.Join(faults...)
}

// Address is where the service listens for its sidecar.
func (c Config) Address() string { return net.JoinHostPort(c.ListenHost, strconv.Itoa(c.AppPort)) }

// Sidecar is where its sidecar listens.
func (c Config) Sidecar() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(c.DaprGRPCPort))
}
