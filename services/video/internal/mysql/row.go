package mysql

import (
	"database/sql"
	"fmt"

	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// videoRow is a row of the table videos.
type videoRow struct {
	ID            int64       `db:"id"`
	AuthorID      int64       `db:"author_id"`
	Title         string      `db:"title"`
	PublishedAtMs int64       `db:"published_at_ms"`
	State         video.State `db:"state"`
	FailureReason string      `db:"failure_reason"`

	SourceKey         string `db:"source_key"`
	SourceSize        int64  `db:"source_size"`
	SourcePartSize    int64  `db:"source_part_size"`
	SourceSHA256      []byte `db:"source_sha256"`
	SourceContentType string `db:"source_content_type"`

	CoverKey         sql.NullString `db:"cover_key"`
	CoverSize        sql.NullInt64  `db:"cover_size"`
	CoverPartSize    sql.NullInt64  `db:"cover_part_size"`
	CoverSHA256      []byte         `db:"cover_sha256"`
	CoverContentType sql.NullString `db:"cover_content_type"`
}

const videoColumns = `id, author_id, title, published_at_ms, state, failure_reason,
	source_key, source_size, source_part_size, source_sha256, source_content_type,
	cover_key, cover_size, cover_part_size, cover_sha256, cover_content_type`

func toRow(v video.Video) videoRow {
	row := videoRow{
		ID:            v.ID,
		AuthorID:      v.AuthorID,
		Title:         v.Title,
		PublishedAtMs: v.PublishedAtMs,
		State:         v.State,
		FailureReason: v.FailureReason,

		SourceKey:         v.Source.Key,
		SourceSize:        v.Source.Size,
		SourcePartSize:    v.Source.PartSize,
		SourceSHA256:      v.Source.SHA256[:],
		SourceContentType: v.Source.ContentType,
	}
	if c := v.Cover; c != nil {
		row.CoverKey = sql.NullString{String: c.Key, Valid: true}
		row.CoverSize = sql.NullInt64{Int64: c.Size, Valid: true}
		row.CoverPartSize = sql.NullInt64{Int64: c.PartSize, Valid: true}
		row.CoverSHA256 = c.SHA256[:]
		row.CoverContentType = sql.NullString{String: c.ContentType, Valid: true}
	}
	return row
}

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
		State:         row.State,
		FailureReason: row.FailureReason,
		Source: video.Object{
			Key: row.SourceKey, Size: row.SourceSize, PartSize: row.SourcePartSize,
			SHA256: source, ContentType: row.SourceContentType,
		},
	}
	if !row.CoverKey.Valid {
		return v, nil
	}
	cover, err := checksum(row.CoverSHA256)
	if err != nil {
		return video.Video{}, fmt.Errorf("cover of video %d: %w", row.ID, err)
	}
	v.Cover = &video.Object{
		Key: row.CoverKey.String, Size: row.CoverSize.Int64, PartSize: row.CoverPartSize.Int64,
		SHA256: cover, ContentType: row.CoverContentType.String,
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
