// Package probe asks the parts of a stack whether they are ready. Every probe
// is one short attempt; the caller's context bounds it.
package probe

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// HTTP expects a 2xx answer to a GET. token goes along as the sidecar's API
// token unless it is empty.
func HTTP(ctx context.Context, url, token string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	if token != "" {
		request.Header.Set("dapr-api-token", token)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 512))
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s answers %s: %s", url, response.Status, bytes.TrimSpace(text))
	}
	return nil
}

// GRPC expects SERVING from the gRPC health service at addr (host:port, no
// TLS). The call is two constant messages, so it is made by hand here.
func GRPC(ctx context.Context, addr, token string) error {
	const framedEmpty = "\x00\x00\x00\x00\x00"
	var h2c http.Protocols
	h2c.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: &h2c}
	defer transport.CloseIdleConnections()

	url := "http://" + addr + "/grpc.health.v1.Health/Check"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(framedEmpty))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/grpc")
	request.Header.Set("TE", "trailers")
	if token != "" {
		request.Header.Set("dapr-api-token", token)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 512))
	if err != nil {
		return err
	}
	status := response.Trailer.Get("Grpc-Status")
	if status == "" {
		status = response.Header.Get("Grpc-Status")
	}
	if status != "0" {
		return fmt.Errorf("health check: gRPC status %s %s", status, response.Trailer.Get("Grpc-Message"))
	}
	if !bytes.Equal(body, []byte(framedServing)) {
		return errors.New("health check: not serving")
	}
	return nil
}

// framedServing is a HealthCheckResponse with status SERVING, in gRPC's framing.
const framedServing = "\x00\x00\x00\x00\x02\x08\x01"

// Redis expects PONG from a Redis that knows the password; an empty password
// means that it asks for none.
func Redis(ctx context.Context, addr, password string) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	command, want := "PING\r\n", "+PONG\r\n"
	if password != "" {
		command, want = "AUTH "+password+"\r\n"+command, "+OK\r\n"+want
	}
	if _, err := io.WriteString(conn, command); err != nil {
		return err
	}
	answer := make([]byte, len(want))
	if n, err := io.ReadFull(conn, answer); err != nil {
		return fmt.Errorf("after %q: %w", answer[:n], err)
	}
	if string(answer) != want {
		// Such as "-LOADING Redis is loading the dataset in memory".
		return fmt.Errorf("redis answers %s", bytes.TrimSpace(answer))
	}
	return nil
}

// silent keeps the driver from printing what the probe reports anyway.
type silent struct{}

func (silent) Print(...any) {}

// MySQL expects an answer to a ping from the server that dsn names.
func MySQL(ctx context.Context, dsn string) error {
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		return err
	}
	config.Logger = silent{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	return errors.Join(db.PingContext(ctx), db.Close())
}
