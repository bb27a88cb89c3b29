package s3store

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Part is one part of an upload, before or after it was stored.
type Part struct {
	Number int // from 1
	Size   int64
	ETag   string // "" until it is stored
}

// errNoUpload is the error for uploads that were never begun or have ended.
var errNoUpload = errs.New(errs.NotFound, "UPLOAD_MISSING", "upload not found")

// listed is the page size of lists.
const listed = 1000

// BeginMultipart opens an upload in parts, unless the object already has an open
// one.
func (s *Store) BeginMultipart(ctx context.Context, key, contentType string) error {
	const op = "s3store.BeginMultipart"
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	open, err := s.openUploads(ctx, key)
	if err != nil || len(open) > 0 {
		return failure(op, err)
	}
	_, err = s.core.NewMultipartUpload(ctx, s.bucket, key, minio.PutObjectOptions{ContentType: contentType})
	return failure(op, err)
}

// PresignPart returns a URL with which any client can PUT one part for a while. The
// size is signed, so the store accepts no other. Numbers start at 1; every part
// except the last has at least 5 MiB.
func (s *Store) PresignPart(ctx context.Context, key string, part Part, ttl time.Duration) (string, error) {
	urls, err := s.PresignParts(ctx, key, []Part{part}, ttl)
	if err != nil {
		return "", err
	}
	return urls[0], nil
}

// PresignParts is PresignPart for several parts, with one call to the store.
func (s *Store) PresignParts(ctx context.Context, key string, parts []Part, ttl time.Duration) ([]string, error) {
	const op = "s3store.PresignParts"
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	id, err := s.upload(ctx, key)
	if err != nil {
		return nil, failure(op, err)
	}
	urls := make([]string, len(parts))
	for i, part := range parts {
		query := url.Values{"partNumber": {strconv.Itoa(part.Number)}, "uploadId": {id}}
		size := http.Header{"Content-Length": {strconv.FormatInt(part.Size, 10)}}
		if urls[i], err = s.presign(ctx, op, http.MethodPut, key, ttl, query, size); err != nil {
			return nil, err
		}
	}
	return urls, nil
}

// UploadedParts lists the stored parts of an open upload, by number.
func (s *Store) UploadedParts(ctx context.Context, key string) ([]Part, error) {
	const op = "s3store.UploadedParts"
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	id, err := s.upload(ctx, key)
	if err != nil {
		return nil, failure(op, err)
	}
	var parts []Part
	for marker := 0; ; {
		page, err := s.core.ListObjectParts(ctx, s.bucket, key, id, marker, listed)
		if err != nil {
			return nil, failure(op, err)
		}
		for _, p := range page.ObjectParts {
			parts = append(parts, Part{Number: p.PartNumber, Size: p.Size, ETag: p.ETag})
		}
		if !page.IsTruncated || page.NextPartNumberMarker <= marker {
			return parts, nil
		}
		marker = page.NextPartNumberMarker
	}
}

// CompleteMultipart joins the parts, which UploadedParts returned, to the object. It
// succeeds if that was done before.
func (s *Store) CompleteMultipart(ctx context.Context, key string, parts []Part) error {
	const op = "s3store.CompleteMultipart"
	// The calls before and afterwards have their own time.
	ctx, cancel := context.WithTimeout(ctx, joinTime+2*callTimeout)
	defer cancel()
	id, err := s.upload(ctx, key)
	if err == nil {
		err = s.complete(ctx, key, id, parts)
	}
	if errs.ReasonOf(failure(op, err)) == errNoUpload.Reason {
		if _, _, missing := s.Stat(ctx, key); missing == nil {
			return nil
		}
	}
	if err != nil {
		return failure(op, err)
	}
	// Two concurrent calls of BeginMultipart may have opened two uploads. Those that
	// this does not end are deleted with the object.
	_ = s.abortAll(ctx, key)
	return nil
}

func (s *Store) complete(ctx context.Context, key, id string, parts []Part) error {
	ctx, cancel := context.WithTimeout(ctx, joinTime)
	defer cancel()
	all := make([]minio.CompletePart, len(parts))
	for i, p := range parts {
		all[i] = minio.CompletePart{PartNumber: p.Number, ETag: p.ETag}
	}
	_, err := s.joiner.CompleteMultipartUpload(ctx, s.bucket, key, id, all, minio.PutObjectOptions{})
	return err
}

// upload returns the id of the key's open upload. If there are several, all callers
// choose the first.
func (s *Store) upload(ctx context.Context, key string) (string, error) {
	open, err := s.openUploads(ctx, key)
	if err != nil {
		return "", err
	}
	if len(open) == 0 {
		return "", errNoUpload
	}
	first := slices.MinFunc(open, func(a, b minio.ObjectMultipartInfo) int {
		return cmp.Or(a.Initiated.Compare(b.Initiated), cmp.Compare(a.UploadID, b.UploadID))
	})
	return first.UploadID, nil
}

// openUploads lists the uploads of exactly this key.
func (s *Store) openUploads(ctx context.Context, key string) ([]minio.ObjectMultipartInfo, error) {
	var open []minio.ObjectMultipartInfo
	keyMarker, idMarker := "", ""
	for {
		page, err := s.core.ListMultipartUploads(ctx, s.bucket, key, keyMarker, idMarker, "", listed)
		if err != nil {
			return nil, err
		}
		for _, u := range page.Uploads {
			if u.Key == key {
				open = append(open, u)
			}
		}
		if !page.IsTruncated || page.NextKeyMarker != key { // keys are sorted, and this one comes first
			return open, nil
		}
		keyMarker, idMarker = page.NextKeyMarker, page.NextUploadIDMarker
	}
}

func (s *Store) abortAll(ctx context.Context, key string) error {
	open, err := s.openUploads(ctx, key)
	if err != nil {
		return err
	}
	for _, u := range open {
		if err := s.abort(ctx, key, u.UploadID); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) abort(ctx context.Context, key, id string) error {
	err := s.core.AbortMultipartUpload(ctx, s.bucket, key, id)
	if minio.ToErrorResponse(err).Code == codeNoUpload {
		return nil
	}
	return err
}

// putPieces is Put for objects too large for one request. If r fails, nothing
// remains of the object.
func (s *Store) putPieces(ctx context.Context, op, key, contentType string, size int64, r io.Reader) error {
	id, err := s.core.NewMultipartUpload(ctx, s.bucket, key, minio.PutObjectOptions{ContentType: contentType})
	if err != nil {
		return failure(op, err)
	}
	parts, err := s.sendPieces(ctx, op, key, id, size, r)
	if err == nil {
		err = failure(op, s.complete(ctx, key, id, parts))
	}
	if err != nil {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
		defer cancel()
		_ = s.abort(bounded, key, id) // Delete ends it otherwise
	}
	return err
}

func (s *Store) sendPieces(ctx context.Context, op, key, id string, size int64, r io.Reader) ([]Part, error) {
	var parts []Part
	buffer := make([]byte, pieceSize)
	for sent := int64(0); sent < size; sent += int64(len(buffer)) {
		buffer = buffer[:min(int64(pieceSize), size-sent)]
		if err := readFull(r, buffer); err != nil {
			return nil, errs.Wrap(op, err)
		}
		part, err := s.sendPiece(ctx, key, id, len(parts)+1, buffer)
		if err != nil {
			return nil, failure(op, err)
		}
		parts = append(parts, part)
	}
	return parts, nil
}

func (s *Store) sendPiece(ctx context.Context, key, id string, number int, data []byte) (Part, error) {
	ctx, cancel := context.WithTimeout(ctx, pieceTime)
	defer cancel()
	sent, err := s.core.PutObjectPart(ctx, s.bucket, key, id, number, bytes.NewReader(data), int64(len(data)), minio.PutObjectPartOptions{})
	return Part{Number: number, Size: sent.Size, ETag: sent.ETag}, err
}
