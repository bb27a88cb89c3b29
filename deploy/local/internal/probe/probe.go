// Package probe checks whether the parts of a stack are ready. A probe is one
// attempt; the caller's context bounds it.
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

// HTTP expects a 2xx answer to a GET. token is sent as the sidecar's API token
// unless it is empty.
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

// StatusError is the answer of a gRPC server that is not OK.
type StatusError struct {
	Code    string // as in the grpc-status trailer
	Message string
}

func (e *StatusError) Error() string { return "gRPC status " + e.Code + " " + e.Message }

// Header is metadata of a gRPC call.
type Header struct{ Name, Value string }

// Token is the API token of a sidecar or a program.
func Token(token string) Header { return Header{"dapr-api-token", token} }

// AppID makes a sidecar pass the call on to an app.
func AppID(id string) Header { return Header{"dapr-app-id", id} }

// GRPC expects SERVING from the gRPC health service at addr (host:port, no
// TLS). The call consists of two constant messages, so it needs no gRPC library.
func GRPC(ctx context.Context, addr string, headers ...Header) error {
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
	for _, h := range headers {
		request.Header.Set(h.Name, h.Value)
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
		message := response.Trailer.Get("Grpc-Message") + response.Header.Get("Grpc-Message") // it is in one of them
		return fmt.Errorf("health check: %w", &StatusError{status, message})
	}
	if !bytes.Equal(body, []byte(framedServing)) {
		return errors.New("health check: not serving")
	}
	return nil
}

// framedServing is a HealthCheckResponse with status SERVING, in gRPC's framing.
const framedServing = "\x00\x00\x00\x00\x02\x08\x01"

// TCP expects a listener.
func TCP(ctx context.Context, addr string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return conn.Close()
}

// Redis expects PONG from Redis, after a login with the password unless it is
// empty.
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

// silent keeps the driver from printing errors that the probe returns.
type silent struct{}

func (silent) Print(...any) {}

// MySQL expects the server of dsn to answer a ping.
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
