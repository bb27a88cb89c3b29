package mysql

import (
	"database/sql"
	"fmt"

	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// videoRow is a row of the table videos.
type videoRow struct {
	ID            int64         `db:"id"`
	AuthorID      int64         `db:"author_id"`
	Title         string        `db:"title"`
	PublishedAtMs int64         `db:"published_at_ms"`
	ShownAtMs     sql.NullInt64 `db:"shown_at_ms"`
	State         video.State   `db:"state"`
	FailureReason string        `db:"failure_reason"`
	FailedAtMs    sql.NullInt64 `db:"failed_at_ms"`
	Layout        video.Layout  `db:"layout"`

	SourceKey         string `db:"source_key"`
	SourceSize        int64  `db:"source_size"`
	SourcePartSize    int64  `db:"source_part_size"`
	SourceSHA256      []byte `db:"source_sha256"`
	SourceContentType string `db:"source_content_type"`

	PlayKey         sql.NullString `db:"play_key"`
	PlaySize        sql.NullInt64  `db:"play_size"`
	PlayPartSize    sql.NullInt64  `db:"play_part_size"`
	PlaySHA256      []byte         `db:"play_sha256"`
	PlayContentType sql.NullString `db:"play_content_type"`

	CoverKey         sql.NullString `db:"cover_key"`
	CoverSize        sql.NullInt64  `db:"cover_size"`
	CoverPartSize    sql.NullInt64  `db:"cover_part_size"`
	CoverSHA256      []byte         `db:"cover_sha256"`
	CoverContentType sql.NullString `db:"cover_content_type"`

	HLSKey         sql.NullString `db:"hls_key"`
	HLSSize        sql.NullInt64  `db:"hls_size"`
	HLSPartSize    sql.NullInt64  `db:"hls_part_size"`
	HLSSHA256      []byte         `db:"hls_sha256"`
	HLSContentType sql.NullString `db:"hls_content_type"`

	DurationMs int64 `db:"duration_ms"`
	Width      int   `db:"width"`
	Height     int   `db:"height"`
	Version    int64 `db:"version"`
	Attempt    int64 `db:"attempt"`

	Progress int `db:"progress"` // of the table jobs, if selected
}

const videoColumns = `id, author_id, title, published_at_ms, shown_at_ms, state, failure_reason, failed_at_ms, layout,
	source_key, source_size, source_part_size, source_sha256, source_content_type,
	play_key, play_size, play_part_size, play_sha256, play_content_type,
	cover_key, cover_size, cover_part_size, cover_sha256, cover_content_type,
	hls_key, hls_size, hls_part_size, hls_sha256, hls_content_type,
	duration_ms, width, height, version, attempt`

// progressColumn is added to videoColumns in queries that may find processing
// videos. Only those (4 is video.StateProcessing) are looked up.
const progressColumn = `, IF(state = 4, COALESCE((SELECT progress FROM jobs WHERE jobs.video_id = videos.id), 0), 0) AS progress`

// objectColumns are the five columns of an optional object.
type objectColumns struct {
	key         sql.NullString
	size        sql.NullInt64
	partSize    sql.NullInt64
	sha256      []byte
	contentType sql.NullString
}

func toColumns(o *video.Object) objectColumns {
	if o == nil {
		return objectColumns{}
	}
	return objectColumns{
		sql.NullString{String: o.Key, Valid: true}, sql.NullInt64{Int64: o.Size, Valid: true},
		sql.NullInt64{Int64: o.PartSize, Valid: true}, o.SHA256[:], sql.NullString{String: o.ContentType, Valid: true},
	}
}

func (c objectColumns) object(layout video.Layout) (*video.Object, error) {
	if !c.key.Valid {
		return nil, nil
	}
	sum, err := checksum(c.sha256)
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", c.key.String, err)
	}
	return &video.Object{
		Key: c.key.String, Size: c.size.Int64, PartSize: c.partSize.Int64,
		SHA256: sum, ContentType: c.contentType.String, Layout: layout,
	}, nil
}

func toRow(v video.Video) videoRow {
	row := videoRow{
		ID:            v.ID,
		AuthorID:      v.AuthorID,
		Title:         v.Title,
		PublishedAtMs: v.PublishedAtMs,
		ShownAtMs:     nullTime(v.ShownAtMs),
		State:         v.State,
		FailureReason: v.FailureReason,
		FailedAtMs:    nullTime(v.FailedAtMs),
		Layout:        v.Source.Layout,

		SourceKey:         v.Source.Key,
		SourceSize:        v.Source.Size,
		SourcePartSize:    v.Source.PartSize,
		SourceSHA256:      v.Source.SHA256[:],
		SourceContentType: v.Source.ContentType,

		DurationMs: v.DurationMs,
		Width:      v.Width,
		Height:     v.Height,
		Version:    v.Version,
		Attempt:    v.Attempt,
	}
	p, c, h := toColumns(v.Play), toColumns(v.Cover), toColumns(v.HLS)
	row.PlayKey, row.PlaySize, row.PlayPartSize, row.PlaySHA256, row.PlayContentType = p.key, p.size, p.partSize, p.sha256, p.contentType
	row.CoverKey, row.CoverSize, row.CoverPartSize, row.CoverSHA256, row.CoverContentType = c.key, c.size, c.partSize, c.sha256, c.contentType
	row.HLSKey, row.HLSSize, row.HLSPartSize, row.HLSSHA256, row.HLSContentType = h.key, h.size, h.partSize, h.sha256, h.contentType
	return row
}

// nullTime is NULL for the time 0.
func nullTime(ms int64) sql.NullInt64 { return sql.NullInt64{Int64: ms, Valid: ms != 0} }

func fromRow(row videoRow) (video.Video, error) {
	source, err := checksum(row.SourceSHA256)
	if err != nil {
		return video.Video{}, fmt.Errorf("source of video %d: %w", row.ID, err)
	}
	v := video.Video{
		ID:            row.ID,
		AuthorID:      row.AuthorID,
		Title:         row.Title,
		PublishedAtMs: row.PublishedAtMs,
		ShownAtMs:     row.ShownAtMs.Int64,
		State:         row.State,
		FailureReason: row.FailureReason,
		FailedAtMs:    row.FailedAtMs.Int64,
		Source: video.Object{
			Key: row.SourceKey, Size: row.SourceSize, PartSize: row.SourcePartSize,
			SHA256: source, ContentType: row.SourceContentType, Layout: row.Layout,
		},
		DurationMs: row.DurationMs,
		Width:      row.Width,
		Height:     row.Height,
		Version:    row.Version,
		Attempt:    row.Attempt,
	}
	if v.State == video.StateProcessing {
		v.Progress = row.Progress
	}
	for _, o := range []struct {
		into    **video.Object
		columns objectColumns
	}{
		{&v.Play, objectColumns{row.PlayKey, row.PlaySize, row.PlayPartSize, row.PlaySHA256, row.PlayContentType}},
		{&v.Cover, objectColumns{row.CoverKey, row.CoverSize, row.CoverPartSize, row.CoverSHA256, row.CoverContentType}},
		{&v.HLS, objectColumns{row.HLSKey, row.HLSSize, row.HLSPartSize, row.HLSSHA256, row.HLSContentType}},
	} {
		if *o.into, err = o.columns.object(row.Layout); err != nil {
			return video.Video{}, fmt.Errorf("video %d: %w", row.ID, err)
		}
	}
	return v, nil
}

func checksum(b []byte) (sum [32]byte, err error) {
	if len(b) != len(sum) {
		return sum, fmt.Errorf("a sha256 of %d bytes", len(b))
	}
	return [32]byte(b), nil
}

func fromRows(rows []videoRow) ([]video.Video, error) {
	videos := make([]video.Video, 0, len(rows))
	for _, row := range rows {
		v, err := fromRow(row)
		if err != nil {
			return nil, err
		}
		videos = append(videos, v)
	}
	return videos, nil
}
