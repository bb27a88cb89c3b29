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

// Reservation keeps an offset from other starters of this machine.
type Reservation struct {
	Offset int
	lock   *os.File
}

// Release gives up the offset.
func (r *Reservation) Release() error { return r.lock.Close() }

// Reserve finds an offset whose ports are all free, beginning at one that depends
// on seed, and reserves it by a file lock in folder, so that two starters never
// choose the same. plan returns the ports of an offset.
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
