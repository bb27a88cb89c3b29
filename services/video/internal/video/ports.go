package video

import (
	"context"
	"time"
)

// The stores are the only clock of this package: replicas may have different
// times, so due times, leases and expiries are read and written by the time of the
// store. A nowMs below is that time in Unix milliseconds.

// Uploads stores the uploads that are not committed yet.
type Uploads interface {
	// Begin stores the upload that build returns. It returns ErrUploadsTooMany if the
	// author has the allowed number of open uploads, without those that are
	// aborting, or of videos that wait to be processed. Concurrent calls together
	// respect the number of open uploads. build may run more than once.
	Begin(ctx context.Context, authorID int64, allowed Allowance, build func(nowMs int64) Upload) (Upload, error)
	// Change locks an upload, calls change, and stores Aborting and DueAtMs as change
	// set them. It returns ErrUploadUnknown if there is no row, and an error of
	// change as it is.
	Change(ctx context.Context, videoID int64, change func(u *Upload, nowMs int64) error) (Upload, error)
	// Upload returns an upload, or ErrUploadUnknown.
	Upload(ctx context.Context, videoID int64) (u Upload, nowMs int64, err error)
	// Publish locks an upload and calls build. In one transaction it replaces the
	// upload by the video, adds a job that is due since the publish time of the
	// video, and writes EventUploaded. It stores the first free millisecond from the
	// publish time on. It returns ErrUploadUnknown if there is no row, and an error
	// of build as it is. build may run more than once.
	Publish(ctx context.Context, videoID int64, build func(u Upload, nowMs int64) (Video, error)) (Video, error)
	// Claim marks up to limit due uploads as aborting and due again after a lease, and
	// returns them. Concurrent callers get different uploads.
	Claim(ctx context.Context, lease time.Duration, limit int) ([]Upload, error)
	// Remove deletes the row of an upload; a missing row is success.
	Remove(ctx context.Context, videoID int64) error
}

// Videos reads videos. Each method takes the same number of statements for one id as
// for many.
type Videos interface {
	// Newest lists up to limit ready videos shown before a time in Unix
	// milliseconds, newest first.
	Newest(ctx context.Context, beforeMs int64, limit int) ([]Video, error)
	// ByAuthor lists up to limit videos of an author published before a time in
	// Unix milliseconds, newest first: ready ones, or with own in any state.
	ByAuthor(ctx context.Context, authorID, beforeMs int64, limit int, own bool) ([]Video, error)
	// ByIDs returns the existing ones of the videos, in any order. The ids are
	// distinct and not empty.
	ByIDs(ctx context.Context, ids []int64) ([]Video, error)
	// Existing finds those of the ids that have a video in any state, in any
	// order. The ids are distinct and not empty.
	Existing(ctx context.Context, ids []int64) ([]int64, error)
	// Works counts the ready videos of authors. Authors without any are absent. The
	// ids are distinct and not empty.
	Works(ctx context.Context, authorIDs []int64) (map[int64]int64, error)
}

// Lifecycles stores the states of videos. An event is published if and only if its
// change is stored.
type Lifecycles interface {
	// UpdateLifecycle locks a video with its job and outputs and calls change. In one
	// transaction it stores the result, adds the removals, writes the event, and
	// moves the works counter of the author if the video became ready, or was ready
	// and is deleted. A new ShownAtMs moves on to the first free millisecond. It
	// returns ErrVideoUnknown if there is no such video, and an error of change as
	// it is. change may run more than once.
	UpdateLifecycle(ctx context.Context, videoID int64, change func(*Lifecycle) error) error
	// UpdateNextDue does the same with the video whose job has been due the longest,
	// and reports whether one was due. Concurrent callers get different videos.
	UpdateNextDue(ctx context.Context, change func(*Lifecycle) error) (bool, error)
	// Renew stores the progress of a job that is held by an attempt, and a lease from
	// now, or returns ErrJobLost.
	Renew(ctx context.Context, videoID, attempt int64, lease time.Duration, progress int) error
	// FailedLongAgo lists up to limit videos that failed at least an age ago, the
	// oldest failure first.
	FailedLongAgo(ctx context.Context, age time.Duration, limit int) ([]int64, error)
	// DeletedOf returns the author of a deleted video, or ErrVideoUnknown.
	DeletedOf(ctx context.Context, videoID int64) (authorID int64, err error)
}

// Removals stores the objects that wait for their deletion.
type Removals interface {
	// ClaimRemoval returns the removal that has been due the longest and makes it due
	// again after a lease. It returns false if none is due. Concurrent callers get
	// different ones.
	ClaimRemoval(ctx context.Context, lease time.Duration) (Removal, bool, error)
	// EndRemoval deletes the row of a removal; a missing row is success.
	EndRemoval(ctx context.Context, id int64) error
}

// Authors checks that users exist.
type Authors interface {
	Exists(ctx context.Context, userID int64) (bool, error)
}

// Objects deletes objects of the object store.
type Objects interface {
	// Remove deletes objects; a missing object is no error.
	Remove(ctx context.Context, layout Layout, extents ...Extent) error
}

// Hot invalidates hot documents with a change.
type Hot interface {
	// Change runs commit, which changes the ready videos of an author, and returns
	// its error. It invalidates the copies of the feed's newest end and of the
	// author's works, so that a reader who sees the change finds no older copy
	// afterwards. commit runs even if the invalidation fails.
	Change(ctx context.Context, authorID int64, commit func(context.Context) error) error
}

// IDs makes video ids: above 0, below 2^53, never twice.
type IDs interface {
	Next() (int64, error)
}
