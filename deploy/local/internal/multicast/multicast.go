// Package multicast tests whether mDNS works on this machine. Containers,
// firewalls and VPNs often prevent it.
package multicast

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"time"
)

// group is the address of mDNS.
func group() *net.UDPAddr { return &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353} }

// Probe sends a packet to the mDNS group on the interfaces that sidecars use, one
// after the other, until it receives one of them, as a sidecar has to receive the
// query of another. It returns nil if it did.
func Probe(ctx context.Context) error {
	interfaces, err := net.Interfaces()
	if err != nil {
		return err
	}
	var reasons []error
	for _, one := range interfaces {
		// As the mDNS library of the sidecars chooses.
		if one.Flags&net.FlagUp == 0 || one.Flags&net.FlagMulticast == 0 {
			continue
		}
		err := roundTrip(ctx, one)
		if err == nil {
			return nil
		}
		reasons = append(reasons, fmt.Errorf("%s: %w", one.Name, err))
	}
	if len(reasons) == 0 {
		return errors.New("no active network interface supports multicast")
	}
	return errors.Join(reasons...)
}

// timeout bounds the way of a packet through the kernel.
const timeout = 500 * time.Millisecond

func roundTrip(ctx context.Context, one net.Interface) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	source, err := address(one)
	if err != nil {
		return err
	}
	listener, err := net.ListenMulticastUDP("udp4", &one, group())
	if err != nil {
		return err
	}
	defer listener.Close()
	// A multicast packet leaves through the interface with its source address.
	var dialer net.Dialer
	dialer.LocalAddr = &net.UDPAddr{IP: source}
	sender, err := dialer.DialContext(ctx, "udp4", group().String())
	if err != nil {
		return err
	}
	defer sender.Close()
	packet := query()
	if _, err := sender.Write(packet); err != nil {
		return err
	}
	deadline, _ := ctx.Deadline()
	if err := listener.SetReadDeadline(deadline); err != nil {
		return err
	}
	buffer := make([]byte, 2048)
	for {
		n, _, err := listener.ReadFromUDP(buffer)
		if err != nil {
			return fmt.Errorf("a packet to %s is not received: %w", group().IP, err)
		}
		if bytes.Equal(buffer[:n], packet) {
			return nil
		}
	}
}

func address(one net.Interface) (net.IP, error) {
	addresses, err := one.Addrs()
	if err != nil {
		return nil, err
	}
	for _, a := range addresses {
		if network, ok := a.(*net.IPNet); ok && network.IP.To4() != nil {
			return network.IP, nil
		}
	}
	return nil, errors.New("no IPv4 address")
}

// query is a DNS query for a random name.
func query() []byte {
	label := rand.Text()
	packet := []byte{0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0} // one question
	packet = append(append(packet, byte(len(label))), label...)
	packet = append(append(packet, 5), "local"...)
	return append(packet, 0, 0, 12, 0, 1) // end of name, PTR, IN
}
