package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/supervise"
)

// actionTimeout bounds the stop and the start of a part.
const actionTimeout = 45 * time.Second

// Server answers on the socket.
type Server struct {
	http   *http.Server
	closed chan struct{}
}

// Serve listens on the socket at path. The caller holds the lock of the data
// folder, so an existing socket is stale.
func Serve(ctx context.Context, path string, stack Stack) (*Server, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s := &Server{
		http:   &http.Server{Handler: routes(stack), ReadHeaderTimeout: 5 * time.Second},
		closed: make(chan struct{}),
	}
	go func() {
		defer close(s.closed)
		// Serve always returns an error, after Close.
		_ = s.http.Serve(listener)
	}()
	return s, nil
}

// Close stops the server, after the current answers.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close()
	}
	<-s.closed
	return err
}

func routes(stack Stack) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, stack.Status())
	})
	mux.HandleFunc("GET /check", func(w http.ResponseWriter, r *http.Request) {
		answer(w, stack.Check(r.Context()))
	})
	mux.HandleFunc("POST /down", func(http.ResponseWriter, *http.Request) { stack.Down() })
	mux.HandleFunc("POST /parts/{part}/{action}", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), actionTimeout)
		defer cancel()
		err := act(ctx, stack, r.PathValue("part"), r.PathValue("action"))
		switch {
		case errors.Is(err, supervise.ErrUnknown):
			http.Error(w, strconv.Quote(r.PathValue("part")), http.StatusNotFound)
		case err != nil:
			http.Error(w, err.Error(), http.StatusConflict)
		}
	})
	return mux
}

func answer[T any](w http.ResponseWriter, value T) {
	w.Header().Set("Content-Type", "application/json")
	// A client that has disconnected needs no answer.
	_ = json.NewEncoder(w).Encode(value)
}

func act(ctx context.Context, stack Stack, part, action string) error {
	switch action {
	case "stop":
		return stack.StopPart(ctx, part)
	case "start":
		return stack.StartPart(ctx, part)
	case "restart":
		if err := stack.StopPart(ctx, part); err != nil {
			return err
		}
		return stack.StartPart(ctx, part)
	}
	return fmt.Errorf("unknown action %q", action)
}
