package sqltest

import (
	"bytes"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

// LostCommits opens the database of a test a second time, over connections that
// break when a transaction is committed: the server commits it, and its answer does
// not arrive. It does so while lose is true.
func LostCommits(t testing.TB, db *sqlx.DB) (again *sqlx.DB, lose *atomic.Bool) {
	t.Helper()
	dsn, err := mysql.ParseDSN(os.Getenv(serverVariable))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.GetContext(t.Context(), &dsn.DBName, "SELECT DATABASE()"); err != nil {
		t.Fatal(err)
	}
	network, server := dsn.Net, dsn.Addr
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	lose = &atomic.Bool{}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // the test is over
			}
			go relay(client, network, server, lose)
		}
	}()
	dsn.Net, dsn.Addr = "tcp", listener.Addr().String()
	again, err = sqldb.Open(t.Context(), dsn.FormatDSN(), sqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = again.Close() })
	return again, lose
}

// relay copies one connection in both directions until either side closes it.
func relay(client net.Conn, network, address string, lose *atomic.Bool) {
	defer client.Close()
	server, err := net.Dial(network, address) //nolint:gosec,noctx // of the test's own server
	if err != nil {
		return
	}
	defer server.Close()
	var lost atomic.Bool // the next answer is
	go func() {
		defer server.Close()
		buffer := make([]byte, 1<<16)
		for {
			n, err := client.Read(buffer)
			if err != nil {
				return
			}
			if lose.Load() && bytes.HasSuffix(buffer[:n], []byte("COMMIT")) {
				lost.Store(true)
			}
			if _, err := server.Write(buffer[:n]); err != nil {
				return
			}
		}
	}()
	_, _ = io.Copy(writerFunc(func(answer []byte) (int, error) {
		if lost.Load() {
			return 0, net.ErrClosed
		}
		return client.Write(answer)
	}), server)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
