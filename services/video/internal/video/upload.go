package video

import (
	"context"
	"errors"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

const (
	// sweepGrace is how long after its expiry an upload is left alone: a writer
	// who has just found out may still have a part on its way.
	sweepGrace = 5 * time.Minute
	// abortGrace is how long after an abort the sweeper makes sure that nothing
	// is left: longer than an abort takes to remove the parts itself, and than a
	// part may still be on its way that was cut off when the client left.
	abortGrace = time.Minute
)

// BeginUpload reserves an id and a place in the object store. declared is an
// upper bound of the size in bytes, 0 if the client did not give one; it bounds
// what has to be cleaned up if nothing comes of it. direct is for a client that
// writes one plain object straight into an S3 store.
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
	u := s.newUpload(id, authorID, declared, direct)
	if err := s.Uploads.Begin(ctx, u, s.limits.Allowance); err != nil {
		return Upload{}, errs.Wrap(op, err)
	}
	return u, nil
}

func (s *Service) newUpload(id, authorID, declared int64, direct bool) Upload {
	maxSize := s.limits.MaxSize
	if declared > 0 {
		maxSize = declared
	}
	layout, partSize := LayoutParts, s.limits.PartSize
	if direct {
		layout, partSize = LayoutWhole, s.limits.DirectPartSize
	}
	expires := s.Clock().Add(s.limits.Expiry)
	return Upload{
		VideoID:     id,
		AuthorID:    authorID,
		ObjectKey:   sourceKey(id),
		Layout:      layout,
		PartSize:    partSize,
		MaxSize:     maxSize,
		ExpiresAtMs: expires.UnixMilli(),
		DueAtMs:     expires.Add(sweepGrace).UnixMilli(),
	}
}

// GetUpload finds an upload of an author that can still be committed.
// Errors: ErrUploadUnknown, ErrUploadCommitted.
func (s *Service) GetUpload(ctx context.Context, videoID, authorID int64) (Upload, error) {
	const op = "video.GetUpload"
	u, err := s.Uploads.Upload(ctx, videoID)
	if err == nil {
		err = s.checkOpen(u, authorID)
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

// CommitUpload turns what was written into a video that is in its author's list
// before this returns, and waits to be processed.
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
	v, err := s.Uploads.Publish(ctx, videoID, func(u Upload) (Video, error) {
		if err := s.checkOpen(u, authorID); err != nil {
			return Video{}, err
		}
		if err := u.accept(source); err != nil {
			return Video{}, err
		}
		return Video{
			ID: videoID, AuthorID: authorID, Title: title, State: StateUploaded,
			PublishedAtMs: s.nowMs(), Source: source, Version: 1,
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

// checkOpen refuses an upload that its author cannot commit any more. Somebody
// else's looks like none at all.
func (s *Service) checkOpen(u Upload, authorID int64) error {
	if u.AuthorID != authorID || u.Aborting || s.nowMs() >= u.ExpiresAtMs {
		return ErrUploadUnknown
	}
	return nil
}

// repeated answers a commit whose upload is gone: it may have been committed.
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

// committed finds the video that an author's upload has become, or answers
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

// AbortUpload gives an upload up and removes what was written of it. One that is
// unknown, of somebody else, or aborted already is success.
//
// The row stays, aborting, for the sweeper to look once more: a sidecar goes on
// storing a part whose writer has hung up, and may be done with it after this
// call removed the others. So once the row is marked the answer is success, also
// when the parts cannot be removed now.
// Errors: ErrUploadCommitted.
func (s *Service) AbortUpload(ctx context.Context, videoID, authorID int64) error {
	const op = "video.AbortUpload"
	u, err := s.Uploads.Change(ctx, videoID, func(u *Upload) error {
		if u.AuthorID != authorID || u.Aborting {
			return ErrUploadUnknown
		}
		u.Aborting = true
		u.DueAtMs = s.Clock().Add(abortGrace).UnixMilli()
		return nil
	})
	if errors.Is(err, ErrUploadUnknown) {
		return errs.Wrap(op, s.refuseCommitted(ctx, videoID, authorID))
	}
	if err != nil {
		return errs.Wrap(op, err)
	}
	if err := s.Objects.Remove(ctx, u.Layout, u.Extent()); err != nil {
		s.Log.WarnContext(ctx, "the rest of an aborted upload is left to the sweeper", "video_id", videoID, "error", err)
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
