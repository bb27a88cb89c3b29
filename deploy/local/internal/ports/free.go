package ports

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// Free reports whether a listener could be opened on a loopback port.
func Free(ctx context.Context, port int) bool {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}

// Reservation keeps other starters of this machine off an offset.
type Reservation struct {
	Offset int
	lock   *os.File
}

// Release gives the offset back.
func (r *Reservation) Release() error { return r.lock.Close() }

// Reserve searches an offset whose ports are all free, beginning at a place
// that depends on seed, and claims it in folder by a file lock, so that two
// starters that search at the same moment do not meet. plan says which ports an
// offset means.
func Reserve(ctx context.Context, folder string, seed int, plan func(offset int) (Plan, error)) (*Reservation, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	highest := (Ceiling - MySQLBase - Step) / Step
	for i := range highest {
		offset := (1 + (seed+i)%highest) * Step
		p, err := plan(offset)
		if err != nil {
			return nil, err
		}
		lock, err := claim(filepath.Join(folder, strconv.Itoa(offset)+".lock"))
		if errors.Is(err, syscall.EWOULDBLOCK) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if allFree(ctx, p.All()) {
			return &Reservation{Offset: offset, lock: lock}, nil
		}
		if err := lock.Close(); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("no free set of ports below %d", Ceiling)
}

func claim(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func allFree(ctx context.Context, list []Port) bool {
	for _, port := range list {
		if !Free(ctx, port.Number) {
			return false
		}
	}
	return true
}
