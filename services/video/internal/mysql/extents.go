package mysql

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

// extent is a video.Extent in JSON. The columns named extents contain arrays of it.
type extent struct {
	Key   string `json:"key"`
	Parts int    `json:"parts"`
}

func encodeExtents(extents []video.Extent) (string, error) {
	list := make([]extent, len(extents))
	for i, e := range extents {
		list[i] = extent(e)
	}
	text, err := json.Marshal(list)
	return string(text), err
}

func decodeExtents(text string) ([]video.Extent, error) {
	var list []extent
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("extents: %w", err)
	}
	extents := make([]video.Extent, len(list))
	for i, e := range list {
		extents[i] = video.Extent(e)
	}
	return extents, nil
}

func readOutputs(ctx context.Context, tx sqldb.Handle, videoID int64) ([]video.Outputs, error) {
	const query = `SELECT attempt, layout, extents FROM outputs WHERE video_id = ? ORDER BY attempt`
	var rows []struct {
		Attempt int64        `db:"attempt"`
		Layout  video.Layout `db:"layout"`
		Extents string       `db:"extents"`
	}
	if err := tx.SelectContext(ctx, &rows, query, videoID); err != nil {
		return nil, err
	}
	outputs := make([]video.Outputs, len(rows))
	for i, row := range rows {
		extents, err := decodeExtents(row.Extents)
		if err != nil {
			return nil, fmt.Errorf("outputs of video %d, attempt %d: %w", videoID, row.Attempt, err)
		}
		outputs[i] = video.Outputs{Attempt: row.Attempt, Layout: row.Layout, Extents: extents}
	}
	return outputs, nil
}

// changeOutputs deletes and inserts rows. The outputs of an attempt never change.
func changeOutputs(ctx context.Context, tx sqldb.Handle, videoID int64, before, after []video.Outputs) error {
	const (
		end    = `DELETE FROM outputs WHERE video_id = ? AND attempt = ?`
		insert = `INSERT INTO outputs (video_id, attempt, layout, extents) VALUES (?, ?, ?, ?)`
	)
	has := func(list []video.Outputs, attempt int64) bool {
		return slices.ContainsFunc(list, func(o video.Outputs) bool { return o.Attempt == attempt })
	}
	for _, o := range before {
		if has(after, o.Attempt) {
			continue
		}
		if _, err := tx.ExecContext(ctx, end, videoID, o.Attempt); err != nil {
			return err
		}
	}
	for _, o := range after {
		if has(before, o.Attempt) {
			continue
		}
		text, err := encodeExtents(o.Extents)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, insert, videoID, o.Attempt, o.Layout, text); err != nil {
			return err
		}
	}
	return nil
}

func addRemovals(ctx context.Context, tx sqldb.Handle, removals []video.Removal) error {
	const insert = `INSERT INTO removals (video_id, layout, extents, due_at_ms) VALUES (?, ?, ?, ?)`
	for _, r := range removals {
		text, err := encodeExtents(r.Extents)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, insert, r.VideoID, r.Layout, text, r.DueAtMs); err != nil {
			return err
		}
	}
	return nil
}

const removalQuery = `SELECT id, video_id, layout, extents, ` + sqldb.NowMS + ` AS now_ms FROM removals WHERE due_at_ms <= ` + sqldb.NowMS + ` ORDER BY due_at_ms LIMIT 1 FOR UPDATE SKIP LOCKED`

// ClaimRemoval implements video.Removals. No lock is held while objects are removed:
// until the new due time no other sweeper claims the row.
func (s *Store) ClaimRemoval(ctx context.Context, lease time.Duration) (video.Removal, bool, error) {
	const (
		op   = "mysql.ClaimRemoval"
		mark = `UPDATE removals SET due_at_ms = ? WHERE id = ?`
	)
	var row struct {
		ID      int64        `db:"id"`
		VideoID int64        `db:"video_id"`
		Layout  video.Layout `db:"layout"`
		Extents string       `db:"extents"`
		NowMs   int64        `db:"now_ms"`
	}
	var nextMs int64
	err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
		if err := tx.GetContext(ctx, &row, removalQuery); err != nil {
			return err
		}
		nextMs = row.NowMs + lease.Milliseconds()
		_, err := tx.ExecContext(ctx, mark, nextMs, row.ID)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return video.Removal{}, false, nil
	}
	if err != nil {
		return video.Removal{}, false, sqldb.Wrap(op, err)
	}
	extents, err := decodeExtents(row.Extents)
	if err != nil {
		return video.Removal{}, false, sqldb.Wrap(op, fmt.Errorf("removal %d: %w", row.ID, err))
	}
	return video.Removal{ID: row.ID, VideoID: row.VideoID, Layout: row.Layout, Extents: extents, DueAtMs: nextMs}, true, nil
}

// EndRemoval implements video.Removals.
func (s *Store) EndRemoval(ctx context.Context, id int64) error {
	const query = `DELETE FROM removals WHERE id = ?`
	_, err := s.db.ExecContext(ctx, query, id)
	return sqldb.Wrap("mysql.EndRemoval", err)
}
