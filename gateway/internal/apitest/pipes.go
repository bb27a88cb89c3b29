package apitest

import (
	"net"
	"sync"
)

// Pipes is a listener whose connections are in memory, and so follow the clock of
// a synctest bubble.
type Pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

var _ net.Listener = (*Pipes)(nil)

// NewPipes makes a listener.
func NewPipes() *Pipes { return &Pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

// Accept returns the next connection.
func (p *Pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (p *Pipes) Close() error { p.once.Do(func() { close(p.done) }); return nil }

// Addr returns an empty address.
func (p *Pipes) Addr() net.Addr { return &net.TCPAddr{} }

// Dial opens a connection.
func (p *Pipes) Dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}
