// Package infra runs the databases of a stack: Redis and MariaDB (or MySQL) from
// the system's packages, and the S3 server from deploy/s3. They have their own
// ports on loopback, passwords and folders, so they disturb no other server.
package infra

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/probe"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

// Redis is a Redis server of the stack.
type Redis struct {
	Server   string // path of the program
	Dir      string
	Port     int
	Password string // empty: none
}

// FindRedis finds the server program.
func FindRedis() (string, error) { return find("redis-server", "valkey-server") }

// find returns the path of the first installed program, on PATH or in the folders
// where distributions install servers.
func find(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
		for _, folder := range []string{"/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/usr/libexec"} {
			if path, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("%s: %w", names[0], exec.ErrNotFound)
}

// Addr is the server's host:port.
func (r Redis) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(r.Port)) }

// Configure writes the server's configuration. The password is in the file and not
// in the arguments, which every user of the machine can see.
func (r Redis) Configure() error {
	config := fmt.Sprintf(`bind 127.0.0.1
port %d
dir "%s"
daemonize no
loglevel notice
databases 1
appendonly yes
appendfsync everysec
save ""
`, r.Port, r.Dir)
	if r.Password != "" {
		config += fmt.Sprintf("requirepass %s\n", r.Password)
	}
	return os.WriteFile(r.config(), []byte(config), 0o600)
}

func (r Redis) config() string { return filepath.Join(r.Dir, "redis.conf") }

// Spec describes the server's process.
func (r Redis) Spec() supervise.Spec {
	return supervise.Spec{
		Name:   "redis",
		Path:   r.Server,
		Args:   []string{r.config()},
		Env:    os.Environ(),
		Dir:    r.Dir,
		Port:   r.Port,
		Ready:  func(ctx context.Context) error { return probe.Redis(ctx, r.Addr(), r.Password) },
		Layer:  LayerInfra,
		Grace:  10 * time.Second,
		Orphan: syscall.SIGTERM,
	}
}

// Layers of a stack. The highest stops first.
const (
	LayerInfra = iota
	LayerSidecars
	LayerServices
	LayerGateway
)
