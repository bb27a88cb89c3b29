package audit

import (
	"context"
	"database/sql"

	"google.golang.org/protobuf/proto"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/servicedb"
	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// readyState is the state of a video that the feed shows.
const readyState = int(videov1.State_STATE_READY)

// headRow is the row of a video in the head of the feed.
type headRow struct {
	video            *videov1.Video
	layout           videov1.Layout
	play, cover, hls objectRow
}

// objectRow are the columns of an optional object.
type objectRow struct {
	key            sql.NullString
	size, partSize sql.NullInt64
	sum            []byte
	contentType    sql.NullString
}

func (o *objectRow) fields() []any {
	return []any{&o.key, &o.size, &o.partSize, &o.sum, &o.contentType}
}

func (o *objectRow) object(layout videov1.Layout) *videov1.Object {
	if !o.key.Valid {
		return nil
	}
	return &videov1.Object{
		Key: o.key.String, Size: o.size.Int64, PartSize: o.partSize.Int64,
		Sha256: o.sum, ContentType: o.contentType.String, Layout: layout,
	}
}

const headQuery = `SELECT id, author_id, title, published_at_ms, shown_at_ms, state, failure_reason, duration_ms, width, height, layout,
	source_key, source_size, source_part_size, source_sha256, source_content_type,
	play_key, play_size, play_part_size, play_sha256, play_content_type,
	cover_key, cover_size, cover_part_size, cover_sha256, cover_content_type,
	hls_key, hls_size, hls_part_size, hls_sha256, hls_content_type
FROM videos WHERE state = ? AND shown_at_ms IS NOT NULL ORDER BY shown_at_ms DESC LIMIT ?`

func (r *headRow) fields() []any {
	r.video = &videov1.Video{Source: &videov1.Object{}}
	v, s := r.video, r.video.GetSource()
	fields := []any{
		&v.Id, &v.AuthorId, &v.Title, &v.PublishedAtMs, &v.ShownAtMs, &v.State, &v.FailureReason, &v.DurationMs, &v.Width, &v.Height, &r.layout,
		&s.Key, &s.Size, &s.PartSize, &s.Sha256, &s.ContentType,
	}
	for _, o := range []*objectRow{&r.play, &r.cover, &r.hls} {
		fields = append(fields, o.fields()...)
	}
	return fields
}

func feedHead(ctx context.Context, q servicedb.Querier, _ string, _ []int64) (proto.Message, error) {
	rows, err := servicedb.Collect(ctx, q, headQuery, (*headRow).fields, readyState, maxHead)
	if err != nil {
		return nil, err
	}
	head := &hotv1.FeedHead{}
	for _, r := range rows {
		v := r.video
		v.Source.Layout = r.layout
		v.Play, v.Cover, v.Hls = r.play.object(r.layout), r.cover.object(r.layout), r.hls.object(r.layout)
		head.Videos = append(head.Videos, v)
	}
	return head, nil
}
