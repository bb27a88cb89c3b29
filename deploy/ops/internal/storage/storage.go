// Package storage reads the store of videos and covers, and deletes from it. A
// store holds parts of objects and, if it is an S3 server, whole objects.
package storage

import (
	"context"
	"time"
)

// Item is something that a store has under a key.
type Item struct {
	Key      string
	Upload   string    // id of a multipart upload; empty for a part or a whole object
	Modified time.Time // for a multipart upload, its beginning
}

// Reader lists and reads a store.
type Reader interface {
	// List lists all parts and all whole objects.
	List(ctx context.Context) ([]Item, error)
	// Unfinished lists the multipart uploads that are neither completed nor
	// aborted.
	Unfinished(ctx context.Context) ([]Item, error)
	Get(ctx context.Context, key string) ([]byte, error)
	GetRange(ctx context.Context, key string, offset, length int64) ([]byte, error)
	// Exists reports whether a part or a whole object is still stored.
	Exists(ctx context.Context, key string) (bool, error)
}

// Deleter deletes from a store.
type Deleter interface {
	// Delete deletes a part or a whole object. An absent one is success.
	Delete(ctx context.Context, key string) error
	// Abort ends one multipart upload and leaves everything else under its key
	// alone. An absent upload is success.
	Abort(ctx context.Context, key, upload string) error
}

// Store is a store to read and to delete from.
type Store interface {
	Reader
	Deleter
}
