package sqldb_test

import (
	"io"
	"net"
	"sync"
	"testing"
)

// forward forwards connections from one address to another until the test ends.
func forward(t *testing.T, from, to string) {
	t.Helper()
	door, err := net.Listen("tcp", from)
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			in, err := door.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				_ = in.Close()
				continue
			}
			running.Go(func() { _, _ = io.Copy(out, in); _ = out.Close() })
			running.Go(func() { _, _ = io.Copy(in, out); _ = in.Close() })
		}
	})
	t.Cleanup(func() {
		_ = door.Close()
		running.Wait()
	})
}
