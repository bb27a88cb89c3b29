// Package server is the listener of a service.
package server

import (
	"context"
	"log/slog"

	"google.golang.org/grpc"
)

// Options of a server.
type Options struct {
	Address  string
	APIToken string
	Log      *slog.Logger
	Ready    func(context.Context) error
}

// Server is one listener.
type Server struct{ grpc *grpc.Server }

// New builds the server.
func New(o Options) *Server { return &Server{grpc: grpc.NewServer()} }

// Registrar takes the program's own services.
func (s *Server) Registrar() grpc.ServiceRegistrar { return s.grpc }

// Run serves until ctx ends.
func (s *Server) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// Main runs a program.
func Main(app string, run func(ctx context.Context) error) {}
