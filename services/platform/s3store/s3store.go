// Package s3store keeps plain objects in an S3 store, for clients that write and
// read them there directly, by presigned URLs. It stands beside the Dapr binding
// of the same bucket, which cannot do that.
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

// Bounds of what is asked of the store.
const (
	callTimeout = 15 * time.Second // of a question, its repetitions included
	pieceTime   = time.Minute      // of one piece of an object on its way
	joinTime    = time.Minute      // of making an object of its parts: a store may copy all of it before it answers
	tries       = 3
	dialTimeout = 3 * time.Second
	connections = 64 // kept open between requests
)

// pieceSize is how much of an object goes out at a time, and is in memory
// meanwhile, so that it can be sent again. A store takes no pieces below 5 MiB.
const pieceSize = 8 << 20

// Store is one bucket. It is safe for concurrent use.
type Store struct {
	bucket string
	core   minio.Core    // the store as programs reach it
	joiner minio.Core    // the same, for what may take joinTime to be answered
	public *minio.Client // as clients do; nil: they do not
}

var _ objectstore.Whole = (*Store)(nil)

// Open prepares the store; nothing is sent yet.
func Open(c Config, keys Keys) (*Store, error) { return open(c, keys, callTimeout) }

// open is Open with another patience for questions.
func open(c Config, keys Keys, patience time.Duration) (*Store, error) {
	const op = "s3store.Open"
	if err := c.Validate(); err != nil {
		return nil, errs.Wrap(op, err)
	}
	inner, err := client(c.Endpoint, c.Region, keys, patience)
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	joiner, err := client(c.Endpoint, c.Region, keys, joinTime)
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	s := &Store{bucket: c.Bucket, core: minio.Core{Client: inner}, joiner: minio.Core{Client: joiner}}
	if c.PublicURL != "" {
		if s.public, err = client(c.PublicURL, c.Region, keys, patience); err != nil {
			return nil, errs.Wrap(op, err)
		}
	}
	return s, nil
}

// client speaks to one address, and waits for the beginning of an answer as long
// as it has patience. The region is given: a client that does not know it asks
// before it signs.
func client(address, region string, keys Keys, patience time.Duration) (*minio.Client, error) {
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
			ResponseHeaderTimeout: patience,
			IdleConnTimeout:       time.Minute,
			MaxIdleConns:          connections,
			MaxIdleConnsPerHost:   connections,
			DisableCompression:    true, // or ranges would be of something else
		},
	})
}

// Public says whether clients can be sent to the store.
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
		// The signature of an empty body is a body, which not every store reads.
		DisableContentSha256: size == 0,
	})
	return failure(op, err)
}

// readFull fills data. An r that ends too early is an error of the caller, who
// said how much it holds.
func readFull(r io.Reader, data []byte) error {
	n, err := io.ReadFull(r, data)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errs.New(errs.Invalid, "OBJECT_CUT_OFF", "file is incomplete").
			WithCause(fmt.Errorf("%d bytes are missing: %w", len(data)-n, io.ErrUnexpectedEOF))
	}
	return err
}

// GetRange reads length bytes from offset on: fewer where the object ends.
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

// read fetches a range once. begun says that the store has answered and broke
// off afterwards, which the client does not repeat by itself.
func (s *Store) read(ctx context.Context, key string, length int64, options minio.GetObjectOptions) (data []byte, begun bool, err error) {
	body, info, _, err := s.core.GetObject(ctx, s.bucket, key, options)
	if minio.ToErrorResponse(err).StatusCode == http.StatusRequestedRangeNotSatisfiable {
		return nil, false, nil // the object ends before
	}
	if err != nil {
		return nil, false, err
	}
	defer body.Close()
	if info.Size < 0 || info.Size > length {
		return nil, false, fmt.Errorf("asked for %d bytes, the store announces %d", length, info.Size)
	}
	data = make([]byte, info.Size)
	if _, err := io.ReadFull(body, data); err != nil {
		return nil, true, err
	}
	return data, true, nil
}

// Stat asks for the size of an object and for its ETag, without quotes.
func (s *Store) Stat(ctx context.Context, key string) (size int64, etag string, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	info, err := s.core.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{})
	return info.Size, info.ETag, failure("s3store.Stat", err)
}

// Delete removes an object and everything that was uploaded for one without
// being completed. That there is none is success.
func (s *Store) Delete(ctx context.Context, key string) error {
	const op = "s3store.Delete"
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	// First the uploads: one of them could still become the object.
	if err := s.abortAll(ctx, key); err != nil {
		return failure(op, err)
	}
	err := s.core.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{})
	if errs.CodeOf(failure(op, err)) == errs.NotFound {
		return nil
	}
	return failure(op, err)
}

// PresignGet is a URL with which any client can read the object for a while, and
// gets it with the content type.
func (s *Store) PresignGet(ctx context.Context, key, contentType string, ttl time.Duration) (string, error) {
	return s.presign(ctx, "s3store.PresignGet", http.MethodGet, key, ttl, url.Values{"response-content-type": {contentType}}, nil)
}

// presign makes no request: who holds the keys can sign. What uses the URL has to
// send the headers as they are here.
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
