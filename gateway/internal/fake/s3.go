package fake

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/media"
	"github.com/douyin-on-dapr/douyin/gateway/internal/upload"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/objectstore"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
)

// S3 is an S3 store in memory. Clients PUT with PutPart.
type S3 struct {
	Calls
	mu      sync.Mutex
	objects map[string][]byte
	open    map[string]map[int][]byte // multipart uploads
}

var (
	_ upload.DirectStore = (*S3)(nil)
	_ media.Direct       = (*S3)(nil)
	_ objectstore.Whole  = (*S3)(nil)
)

func errNoObject() error { return errs.New(errs.NotFound, "OBJECT_MISSING", "") }

// BeginMultipart opens an upload.
func (s *S3) BeginMultipart(_ context.Context, key, _ string) error {
	if err := s.note("BeginMultipart"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[string]map[int][]byte{}
	}
	if s.open[key] == nil {
		s.open[key] = map[int][]byte{}
	}
	return nil
}

// PresignParts makes addresses that tell what they are for.
func (s *S3) PresignParts(_ context.Context, key string, parts []s3store.Part, ttl time.Duration) ([]string, error) {
	if err := s.note("PresignParts"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[key] == nil {
		return nil, errNoObject()
	}
	urls := make([]string, len(parts))
	for i, part := range parts {
		urls[i] = fmt.Sprintf("http://store.example/%s?part=%d&size=%d&life=%s", key, part.Number, part.Size, ttl)
	}
	return urls, nil
}

// PresignGet makes an address that tells what it is for.
func (s *S3) PresignGet(_ context.Context, key, contentType string, ttl time.Duration) (string, error) {
	return fmt.Sprintf("http://store.example/%s?type=%s&life=%s", key, contentType, ttl), s.note("PresignGet")
}

// PutPart is what a client does at the address of a part.
func (s *S3) PutPart(key string, number int, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[key][number] = data
}

// UploadedParts lists them by number.
func (s *S3) UploadedParts(_ context.Context, key string) ([]s3store.Part, error) {
	if err := s.note("UploadedParts"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	open, ok := s.open[key]
	if !ok {
		return nil, errNoObject()
	}
	parts := []s3store.Part{}
	for number, data := range open {
		parts = append(parts, s3store.Part{Number: number, Size: int64(len(data)), ETag: etag(data)})
	}
	slices.SortFunc(parts, func(a, b s3store.Part) int { return cmp.Compare(a.Number, b.Number) })
	return parts, nil
}

// CompleteMultipart joins the given parts. A fault of "CompleteMultipart
// answer" is returned although they were joined.
func (s *S3) CompleteMultipart(_ context.Context, key string, parts []s3store.Part) error {
	if err := s.note("CompleteMultipart"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	open, ok := s.open[key]
	if !ok && s.objects[key] != nil {
		return nil
	}
	if !ok {
		return errNoObject()
	}
	var whole []byte
	for _, part := range parts {
		whole = append(whole, open[part.Number]...)
	}
	s.set(key, whole)
	delete(s.open, key)
	return s.note("CompleteMultipart answer")
}

func (s *S3) set(key string, data []byte) {
	if s.objects == nil {
		s.objects = map[string][]byte{}
	}
	s.objects[key] = data
}

// Put stores an object.
func (s *S3) Put(_ context.Context, key, _ string, _ int64, r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set(key, data)
	return s.note("Put")
}

// Stat tells about an object.
func (s *S3) Stat(_ context.Context, key string) (int64, string, error) {
	if err := s.note("Stat"); err != nil {
		return 0, "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	data, ok := s.objects[key]
	if !ok {
		return 0, "", errNoObject()
	}
	return int64(len(data)), etag(data), nil
}

// GetRange reads a piece of an object.
func (s *S3) GetRange(_ context.Context, key string, offset, length int64) ([]byte, error) {
	if err := s.note("GetRange"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	data, ok := s.objects[key]
	if !ok {
		return nil, errNoObject()
	}
	size := int64(len(data))
	return bytes.Clone(data[min(offset, size):min(offset+length, size)]), nil
}

// Delete removes an object and what is open under its key.
func (s *S3) Delete(_ context.Context, key string) error {
	if err := s.note("Delete"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, key)
	delete(s.open, key)
	return nil
}

// Len is the number of objects and of open uploads.
func (s *S3) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.objects) + len(s.open)
}

func etag(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }
