package video

import (
	"context"
	"errors"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const (
	// sweepGrace is the time from the expiry of an upload to its removal. A part
	// that was sent before the expiry may still be on its way to the store.
	sweepGrace = 5 * time.Minute
	// abortGrace is the time from an abort to the removal by the sweeper. It is
	// longer than the abort itself takes to remove the parts, and longer than a
	// part may be on its way after the client disconnected.
	abortGrace = time.Minute
)

// BeginUpload reserves an id and a key in the object store. declared is an upper
// bound of the size in bytes, or 0 if unknown. It bounds the number of parts to
// remove if the upload is not committed. direct is for a client that writes one
// plain object directly into an S3 store.
// Errors: ErrRequestInvalid, ErrVideoTooLarge, ErrUserUnknown, ErrUploadsTooMany.
func (s *Service) BeginUpload(ctx context.Context, authorID, declared int64, direct bool) (Upload, error) {
	const op = "video.BeginUpload"
	if authorID <= 0 || declared < 0 {
		return Upload{}, errs.Wrap(op, ErrRequestInvalid)
	}
	if declared > s.limits.MaxSize {
		return Upload{}, errs.Wrap(op, ErrVideoTooLarge)
	}
	known, err := s.Authors.Exists(ctx, authorID)
	if err != nil {
		return Upload{}, errs.Wrap(op, err)
	}
	if !known {
		return Upload{}, errs.Wrap(op, ErrUserUnknown)
	}
	id, err := s.IDs.Next()
	if err != nil {
		return Upload{}, errs.Wrap(op, err)
	}
	u, err := s.Uploads.Begin(ctx, authorID, s.limits.Allowance, func(nowMs int64) Upload {
		return s.newUpload(id, authorID, declared, direct, nowMs)
	})
	return u, errs.Wrap(op, err)
}

func (s *Service) newUpload(id, authorID, declared int64, direct bool, nowMs int64) Upload {
	maxSize := s.limits.MaxSize
	if declared > 0 {
		maxSize = declared
	}
	layout, partSize := LayoutParts, s.limits.PartSize
	if direct {
		layout, partSize = LayoutWhole, s.limits.DirectPartSize
	}
	expires := nowMs + s.limits.Expiry.Milliseconds()
	return Upload{
		VideoID:     id,
		AuthorID:    authorID,
		ObjectKey:   sourceKey(id),
		Layout:      layout,
		PartSize:    partSize,
		MaxSize:     maxSize,
		ExpiresAtMs: expires,
		DueAtMs:     expires + sweepGrace.Milliseconds(),
	}
}

// GetUpload returns an upload of an author that can still be committed.
// Errors: ErrUploadUnknown, ErrUploadCommitted.
func (s *Service) GetUpload(ctx context.Context, videoID, authorID int64) (Upload, error) {
	const op = "video.GetUpload"
	u, nowMs, err := s.Uploads.Upload(ctx, videoID)
	if err == nil {
		err = checkOpen(u, authorID, nowMs)
	} else if errors.Is(err, ErrUploadUnknown) {
		if _, err = s.committed(ctx, videoID, authorID); err == nil {
			err = ErrUploadCommitted
		}
	}
	if err != nil {
		return Upload{}, errs.Wrap(op, err)
	}
	return u, nil
}

// CommitUpload turns an upload into a video with a job. The video is in the list of
// its author before CommitUpload returns.
// Errors: ErrTitleInvalid, ErrVideoEmpty, ErrVideoTooLarge, ErrObjectInvalid,
// ErrUploadUnknown, ErrUploadCommitted.
func (s *Service) CommitUpload(ctx context.Context, videoID, authorID int64, rawTitle string, source Object) (Video, error) {
	const op = "video.CommitUpload"
	title, err := CleanTitle(rawTitle)
	if err != nil {
		return Video{}, errs.Wrap(op, err)
	}
	if err := checkObject(source); err != nil {
		return Video{}, errs.Wrap(op, err)
	}
	v, err := s.Uploads.Publish(ctx, videoID, func(u Upload, nowMs int64) (Video, error) {
		if err := checkOpen(u, authorID, nowMs); err != nil {
			return Video{}, err
		}
		if err := u.accept(source); err != nil {
			return Video{}, err
		}
		return Video{
			ID: videoID, AuthorID: authorID, Title: title, State: StateUploaded,
			PublishedAtMs: nowMs, Source: source, Version: 1,
		}, nil
	})
	if errors.Is(err, ErrUploadUnknown) {
		v, err = s.repeated(ctx, videoID, authorID, source)
	}
	if err != nil {
		return Video{}, errs.Wrap(op, err)
	}
	return v, nil
}

// checkOpen returns ErrUploadUnknown for an upload that cannot be committed any
// more, and for the upload of another author.
func checkOpen(u Upload, authorID, nowMs int64) error {
	if u.AuthorID != authorID || u.Aborting || nowMs >= u.ExpiresAtMs {
		return ErrUploadUnknown
	}
	return nil
}

// repeated handles a commit without an upload: an earlier call may have committed it.
func (s *Service) repeated(ctx context.Context, videoID, authorID int64, source Object) (Video, error) {
	v, err := s.committed(ctx, videoID, authorID)
	if err != nil {
		return Video{}, err
	}
	if !sameSource(v.Source, source) {
		return Video{}, ErrUploadCommitted
	}
	return v, nil
}

// committed returns the video that an upload of an author became, or
// ErrUploadUnknown.
func (s *Service) committed(ctx context.Context, videoID, authorID int64) (Video, error) {
	found, err := s.Videos.ByIDs(ctx, []int64{videoID})
	if err != nil {
		return Video{}, err
	}
	if len(found) == 0 || found[0].AuthorID != authorID {
		return Video{}, ErrUploadUnknown
	}
	return found[0], nil
}

// AbortUpload marks an upload as aborting and removes its parts. It succeeds if the
// upload is unknown, belongs to another author, or is already aborting.
//
// The row stays until the sweeper removes the parts once more: a sidecar goes on
// storing a part after its client disconnected, and may finish after this call
// removed the other parts. So AbortUpload succeeds once the row is marked, even if
// the parts cannot be removed now.
// Errors: ErrUploadCommitted.
func (s *Service) AbortUpload(ctx context.Context, videoID, authorID int64) error {
	const op = "video.AbortUpload"
	u, err := s.Uploads.Change(ctx, videoID, func(u *Upload, nowMs int64) error {
		if u.AuthorID != authorID || u.Aborting {
			return ErrUploadUnknown
		}
		u.Aborting = true
		u.DueAtMs = nowMs + abortGrace.Milliseconds()
		return nil
	})
	if errors.Is(err, ErrUploadUnknown) {
		return errs.Wrap(op, s.refuseCommitted(ctx, videoID, authorID))
	}
	if err != nil {
		return errs.Wrap(op, err)
	}
	if err := s.Objects.Remove(ctx, u.Layout, u.Extent()); err != nil {
		s.Log.WarnContext(ctx, "parts of an aborted upload are left to the sweeper", "video_id", videoID, "error", err)
	}
	return nil
}

func (s *Service) refuseCommitted(ctx context.Context, videoID, authorID int64) error {
	_, err := s.committed(ctx, videoID, authorID)
	switch {
	case errors.Is(err, ErrUploadUnknown):
		return nil
	case err != nil:
		return err
	default:
		return ErrUploadCommitted
	}
}
