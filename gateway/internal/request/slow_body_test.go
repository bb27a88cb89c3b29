package request_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	"github.com/douyin-on-dapr/douyin/gateway/internal/httpapi"
	"github.com/douyin-on-dapr/douyin/gateway/internal/upload"
)

// A body that stops or only drips is given up; a slow but steady one is not.
func TestSlowBodies(t *testing.T) {
	const size = 2 << 20
	for _, c := range []struct {
		what  string
		chunk int
		every time.Duration
		fails bool
	}{
		{"steady, 16 KiB/s", 16 << 10, time.Second, false},
		{"bursts every 15 s", 256 << 10, 15 * time.Second, false},
		{"drips of a byte", 1, 5 * time.Second, true},
		{"stops", 1, 24 * time.Hour, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, listener := apitest.NewPiped(t, func(_ *httpapi.Deps, l *upload.Limits) { l.MaxBytes = size })
				h.Users.Add("amy", "x")
				h.Videos.MaxSize = size
				conn := listener.Dial()
				start := time.Now()
				answered := make(chan []byte, 1)
				up := apitest.OpenUpload(t, conn, size, "")
				go func() {
					defer close(answered)
					if body, err := up.TryAnswer(); err == nil {
						answered <- body
					}
				}()
				up.Field(t, "token", h.TokenOf(t, 1))
				up.File(t, apitest.Movie(12))
				ticker := time.NewTicker(c.every)
				defer ticker.Stop()
				for sent := 0; sent < size/2; {
					select {
					case body := <-answered:
						took := time.Since(start)
						if !c.fails {
							t.Fatalf("given up after %s: %s", took, body)
						}
						apitest.WantCode(t, c.what, body, 1007)
						if took > time.Minute {
							t.Errorf("given up only after %s", took)
						}
						conn.Close()
						return
					case <-ticker.C:
						if _, err := conn.Write(bytes.Repeat([]byte("x"), c.chunk)); err == nil {
							sent += c.chunk
						}
					}
				}
				conn.Close()
				<-answered
				if c.fails {
					t.Error("was not given up")
				}
			})
		})
	}
}
