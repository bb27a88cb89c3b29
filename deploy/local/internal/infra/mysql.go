package infra

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/probe"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

// MySQL is a MariaDB or MySQL server of the stack.
type MySQL struct {
	Programs MySQLPrograms
	Dir      string
	Socket   string
	Port     int
	Admin    string            // password of datadir.AdminUser
	Services map[string]string // password by service; each has a database and a user of its name
}

// MySQLPrograms are the server and the program that creates its data folder.
type MySQLPrograms struct {
	Server    string
	Installer string // mariadb-install-db; empty for MySQL, whose server does it
}

// FindMySQL finds a server. MariaDB, which Debian ships, comes first.
func FindMySQL(ctx context.Context) (MySQLPrograms, error) {
	server, err := find("mariadbd", "mysqld")
	if err != nil {
		return MySQLPrograms{}, err
	}
	version, err := exec.CommandContext(ctx, server, "--no-defaults", "--version").CombinedOutput()
	if err != nil {
		return MySQLPrograms{}, fmt.Errorf("%s --version: %w: %s", server, err, bytes.TrimSpace(version))
	}
	programs := MySQLPrograms{Server: server}
	if strings.Contains(string(version), "MariaDB") {
		programs.Installer, err = find("mariadb-install-db", "mysql_install_db")
	}
	return programs, err
}

func (m MySQL) data() string     { return filepath.Join(m.Dir, "data") }
func (m MySQL) initFile() string { return filepath.Join(m.Dir, "init.sql") }

// temporary is a folder of this server alone: at its start a server deletes
// temporary tables in this folder, even those of other servers.
func (m MySQL) temporary() string { return filepath.Join(m.Dir, "tmp") }

// Initialise creates the data folder unless it exists, and writes the statements
// that create accounts and databases at every start. A new folder is renamed to
// its place when it is complete.
func (m MySQL) Initialise(ctx context.Context, run Runner) error {
	if err := os.MkdirAll(m.temporary(), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(m.initFile(), []byte(m.statements()), 0o600); err != nil {
		return err
	}
	if _, err := os.Stat(m.data()); err == nil {
		return nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	fresh := m.data() + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	var output bytes.Buffer
	cmd := m.installer(ctx, fresh)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := run(ctx, cmd); err != nil {
		return fmt.Errorf("creating the MySQL data folder failed: %w\n%s", err, bytes.TrimSpace(output.Bytes()))
	}
	return os.Rename(fresh, m.data())
}

func (m MySQL) installer(ctx context.Context, folder string) *exec.Cmd {
	var cmd *exec.Cmd
	if m.Programs.Installer != "" {
		cmd = exec.CommandContext(ctx, m.Programs.Installer, "--no-defaults", "--datadir="+folder, //nolint:gosec // found by FindMySQL
			"--auth-root-authentication-method=normal", "--skip-test-db", "--innodb-log-file-size="+logFileSize)
	} else {
		cmd = exec.CommandContext(ctx, m.Programs.Server, "--no-defaults", "--datadir="+folder, "--initialize-insecure") //nolint:gosec // found by FindMySQL
	}
	cmd.Args = append(cmd.Args, "--tmpdir="+m.temporary())
	cmd.Args = append(cmd.Args, asUser()...)
	return cmd
}

// Runner starts a command and waits for it to end.
type Runner func(ctx context.Context, cmd *exec.Cmd) error

// asUser makes the server run as root if the starter does, as in a container. It
// refuses to without the flag.
func asUser() []string {
	if os.Geteuid() == 0 {
		return []string{"--user=root"}
	}
	return nil
}

// statements run before the server accepts connections, one per line. Accounts
// exist for 127.0.0.1 only; the server's own root, which connects through the
// socket, gets a password too.
func (m MySQL) statements() string {
	var out strings.Builder
	add := func(format string, args ...any) { fmt.Fprintf(&out, format+";\n", args...) }
	account := func(name, password string) {
		add("CREATE USER IF NOT EXISTS `%s`@`127.0.0.1` IDENTIFIED BY '%s'", name, password)
		add("ALTER USER `%s`@`127.0.0.1` IDENTIFIED BY '%s'", name, password)
	}
	account(datadir.AdminUser, m.Admin)
	add("GRANT ALL PRIVILEGES ON *.* TO `%s`@`127.0.0.1` WITH GRANT OPTION", datadir.AdminUser)
	for _, service := range slices.Sorted(maps.Keys(m.Services)) {
		account(service, m.Services[service])
		add("CREATE DATABASE IF NOT EXISTS `%s` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", service)
		add("GRANT ALL PRIVILEGES ON `%s`.* TO `%s`@`127.0.0.1`", service, service)
	}
	hosts := []string{"127.0.0.1", "::1"}
	if name, err := os.Hostname(); err == nil {
		hosts = append(hosts, name)
	}
	for _, host := range hosts {
		add("DROP USER IF EXISTS `root`@`%s`", host)
	}
	add("ALTER USER `root`@`localhost` IDENTIFIED BY '%s'", m.Admin)
	return out.String()
}

// logFileSize is small because every throwaway stack writes the file.
const logFileSize = "16M"

// Spec describes the server's process. Commits are durable; the rest is sized for
// a developer's machine.
func (m MySQL) Spec() supervise.Spec {
	args := []string{
		"--no-defaults",
		"--datadir=" + m.data(),
		"--tmpdir=" + m.temporary(),
		"--socket=" + m.Socket,
		"--pid-file=" + filepath.Join(m.Dir, "mysqld.pid"),
		"--init-file=" + m.initFile(),
		"--bind-address=127.0.0.1",
		"--port=" + strconv.Itoa(m.Port),
		"--skip-name-resolve",
		"--skip-log-bin",
		"--performance-schema=OFF",
		"--character-set-server=utf8mb4",
		"--collation-server=utf8mb4_bin",
		"--max-connections=600", // two replicas of five services with 32 each
		"--innodb-flush-log-at-trx-commit=1",
		"--innodb-buffer-pool-size=64M",
	}
	if m.Programs.Installer != "" {
		args = append(args, "--innodb-log-file-size="+logFileSize)
	} else {
		args = append(args, "--mysqlx=OFF")
	}
	return supervise.Spec{
		Name:   "mysql",
		Path:   m.Programs.Server,
		Args:   append(args, asUser()...),
		Env:    os.Environ(),
		Dir:    m.Dir,
		Port:   m.Port,
		Ready:  func(ctx context.Context) error { return probe.MySQL(ctx, m.AdminDSN("")) },
		Layer:  LayerInfra,
		Grace:  30 * time.Second,
		Orphan: syscall.SIGTERM,
	}
}

// AdminDSN names a database of the server, with all rights.
func (m MySQL) AdminDSN(database string) string {
	return datadir.DSN(datadir.AdminUser, m.Admin, m.Port, database)
}
