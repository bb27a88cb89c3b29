package ports

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/gofrs/flock"
)

// Free reports whether a listener could be opened on a loopback port.
func Free(ctx context.Context, port int) bool {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp4", loopback(port))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}

// Reserve finds an offset whose ports are all free, beginning at one that depends
// on seed, and reserves it by a file lock in folder until release, so that two
// starters never choose the same. plan returns the ports of an offset.
func Reserve(ctx context.Context, folder string, seed int, plan func(offset int) (Plan, error)) (p Plan, release func() error, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return p, nil, err
	}
	highest := (Ceiling - MySQLBase - Step) / Step
	for i := range highest {
		offset := (1 + (seed+i)%highest) * Step
		p, err := plan(offset)
		if err != nil {
			return p, nil, err
		}
		lock := flock.New(filepath.Join(folder, strconv.Itoa(offset)+".lock"), flock.SetPermissions(0o600))
		locked, err := lock.TryLock()
		if err != nil {
			return p, nil, err
		}
		if !locked {
			continue
		}
		taken := func(port Port) bool { return !Free(ctx, port.Number) }
		if !slices.ContainsFunc(p.All(), taken) {
			return p, lock.Unlock, nil
		}
		if err := errors.Join(lock.Unlock(), ctx.Err()); err != nil {
			return p, nil, err
		}
	}
	return p, nil, fmt.Errorf("no free set of ports below %d", Ceiling)
}
