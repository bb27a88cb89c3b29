// Package objectstore keeps objects of any size in a store of small blobs.
package objectstore

import (
	"context"
	"io"
)

// Blobs is the store of parts.
type Blobs interface {
	Put(ctx context.Context, key string, data []byte) error
	Get(ctx context.Context, key string) ([]byte, error)
	Delete(ctx context.Context, key string) error
}

// Manifest describes a stored object.
type Manifest struct {
	Key         string
	Size        int64 // bytes
	PartSize    int64 // bytes of payload in every part but the last
	SHA256      [32]byte
	ContentType string
}

// Parts is the number of parts.
func (m Manifest) Parts() int { return int((m.Size + m.PartSize - 1) / m.PartSize) }

// PartFunc reads the payload of part n.
type PartFunc = func(ctx context.Context, m Manifest, n int) ([]byte, error)

// Store keeps objects as parts.
type Store struct{ blobs Blobs }

// New wraps a store of blobs.
func New(blobs Blobs) *Store { return &Store{blobs} }

// Write streams r into parts.
func (s *Store) Write(ctx context.Context, key string, partSize, limit int64, r io.Reader) (Manifest, error) {
	return Manifest{}, nil
}

// Part reads part n.
func (s *Store) Part(ctx context.Context, m Manifest, n int) ([]byte, error) { return nil, nil }

// Remove deletes parts 0 to parts-1.
func (s *Store) Remove(ctx context.Context, key string, parts int) error { return nil }

// Reader reads an object at any offset; parts nil means s.Part.
func (s *Store) Reader(ctx context.Context, m Manifest, parts PartFunc) io.ReadSeeker { return nil }
