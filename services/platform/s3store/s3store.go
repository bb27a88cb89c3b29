// Package s3store stores whole objects in an S3 store, where clients write and read
// them directly by presigned URLs. The Dapr binding of the same bucket cannot do
// that.
package s3store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
)

// Limits of calls to the store.
const (
	callTimeout = 15 * time.Second // of a short call, including retries
	pieceTime   = time.Minute      // of the transfer of one piece
	joinTime    = time.Minute      // of joining parts: a store may copy the whole object before it answers
	tries       = 3
	dialTimeout = 3 * time.Second
	connections = 64 // kept open while idle
)

// pieceSize is how much of an object is sent at a time and held in memory meanwhile,
// so that it can be retried. Stores refuse pieces below 5 MiB.
const pieceSize = 8 << 20

// Store is one bucket. It is safe for concurrent use.
type Store struct {
	bucket string
	core   minio.Core    // for programs
	joiner minio.Core    // for calls that may take joinTime
	public *minio.Client // for clients; nil: clients do not use the store
}

var _ objectstore.Whole = (*Store)(nil)

// Open prepares the store; nothing is sent yet.
func Open(c Config, keys Keys) (*Store, error) { return open(c, keys, callTimeout) }

// open is Open with another timeout of short calls.
func open(c Config, keys Keys, answerTimeout time.Duration) (*Store, error) {
	const op = "s3store.Open"
	if err := c.Validate(); err != nil {
		return nil, errs.Wrap(op, err)
	}
	inner, err := client(c.Endpoint, c.Region, keys, answerTimeout)
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	joiner, err := client(c.Endpoint, c.Region, keys, joinTime)
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	s := &Store{bucket: c.Bucket, core: minio.Core{Client: inner}, joiner: minio.Core{Client: joiner}}
	if c.PublicURL != "" {
		if s.public, err = client(c.PublicURL, c.Region, keys, answerTimeout); err != nil {
			return nil, errs.Wrap(op, err)
		}
	}
	return s, nil
}

// client returns a client of one address that waits up to answerTimeout for the
// beginning of an answer. The region is given, because a client without one asks the
// store before it signs.
func client(address, region string, keys Keys, answerTimeout time.Duration) (*minio.Client, error) {
	u, err := parseURL(address)
	if err != nil {
		return nil, err
	}
	return minio.New(u.Host, &minio.Options{
		Creds:        credentials.NewStaticV4(keys.Access, keys.Secret, ""),
		Secure:       u.Scheme == "https",
		Region:       region,
		BucketLookup: minio.BucketLookupPath,
		MaxRetries:   tries,
		Transport: &http.Transport{
			DialContext:           (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSHandshakeTimeout:   dialTimeout,
			ResponseHeaderTimeout: answerTimeout,
			IdleConnTimeout:       time.Minute,
			MaxIdleConns:          connections,
			MaxIdleConnsPerHost:   connections,
			DisableCompression:    true, // otherwise ranges would be of compressed bytes
		},
	})
}

// Public reports whether clients can use the store directly.
func (s *Store) Public() bool { return s.public != nil }

// Put stores size bytes of r. An error of r is in the chain.
func (s *Store) Put(ctx context.Context, key, contentType string, size int64, r io.Reader) error {
	const op = "s3store.Put"
	if size > pieceSize {
		return s.putPieces(ctx, op, key, contentType, size, r)
	}
	data := make([]byte, size)
	if err := readFull(r, data); err != nil {
		return errs.Wrap(op, err)
	}
	ctx, cancel := context.WithTimeout(ctx, pieceTime)
	defer cancel()
	_, err := s.core.PutObject(ctx, s.bucket, key, bytes.NewReader(data), size, "", "", minio.PutObjectOptions{
		ContentType: contentType,
		// The signature of an empty body needs a body of its own, which not every store
		// reads.
		DisableContentSha256: size == 0,
	})
	return failure(op, err)
}

// readFull fills data. An r that ends too early is the fault of the caller, who
// stated the size.
func readFull(r io.Reader, data []byte) error {
	n, err := io.ReadFull(r, data)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errs.New(errs.Invalid, "OBJECT_CUT_OFF", "file is incomplete").
			WithCause(fmt.Errorf("%d bytes are missing: %w", len(data)-n, io.ErrUnexpectedEOF))
	}
	return err
}

// GetRange reads length bytes from offset, or fewer at the end of the object.
func (s *Store) GetRange(ctx context.Context, key string, offset, length int64) ([]byte, error) {
	const op = "s3store.GetRange"
	if length <= 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, pieceTime)
	defer cancel()
	var options minio.GetObjectOptions
	if err := options.SetRange(offset, offset+length-1); err != nil {
		return nil, errs.Wrap(op, err)
	}
	for try := 1; ; try++ {
		data, begun, err := s.read(ctx, key, length, options)
		if err == nil || !begun || try == tries || ctx.Err() != nil {
			return data, failure(op, err)
		}
	}
}

// read fetches a range once. begun reports that the store had begun its answer: the
// client library does not retry after that.
func (s *Store) read(ctx context.Context, key string, length int64, options minio.GetObjectOptions) (data []byte, begun bool, err error) {
	body, info, _, err := s.core.GetObject(ctx, s.bucket, key, options)
	if minio.ToErrorResponse(err).StatusCode == http.StatusRequestedRangeNotSatisfiable {
		return nil, false, nil // the object ends before the range
	}
	if err != nil {
		return nil, false, err
	}
	defer body.Close()
	if info.Size < 0 || info.Size > length {
		return nil, false, fmt.Errorf("requested %d bytes, the store announces %d", length, info.Size)
	}
	data = make([]byte, info.Size)
	if _, err := io.ReadFull(body, data); err != nil {
		return nil, true, err
	}
	return data, true, nil
}

// Stat returns the size of an object and its ETag, without quotes.
func (s *Store) Stat(ctx context.Context, key string) (size int64, etag string, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	info, err := s.core.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{})
	return info.Size, info.ETag, failure("s3store.Stat", err)
}

// Delete removes an object and its unfinished uploads. An absent object is success.
func (s *Store) Delete(ctx context.Context, key string) error {
	const op = "s3store.Delete"
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	// Uploads first: one of them could still become the object.
	if err := s.abortAll(ctx, key); err != nil {
		return failure(op, err)
	}
	err := s.core.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{})
	if errs.CodeOf(failure(op, err)) == errs.NotFound {
		return nil
	}
	return failure(op, err)
}

// PresignGet returns a URL with which any client can read the object for a while, as
// the given content type.
func (s *Store) PresignGet(ctx context.Context, key, contentType string, ttl time.Duration) (string, error) {
	return s.presign(ctx, "s3store.PresignGet", http.MethodGet, key, ttl, url.Values{"response-content-type": {contentType}}, nil)
}

// presign signs without a request to the store. A request with the URL must send the
// same headers.
func (s *Store) presign(ctx context.Context, op, method, key string, ttl time.Duration, query url.Values, headers http.Header) (string, error) {
	if s.public == nil {
		return "", errs.Wrap(op, errs.New(errs.Unavailable, "STORE_NOT_PUBLIC", ""))
	}
	u, err := s.public.PresignHeader(ctx, method, s.bucket, key, ttl, query, headers)
	if err != nil {
		return "", failure(op, err)
	}
	return u.String(), nil
}
