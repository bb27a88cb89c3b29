package mysql

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

const selectProfiles = `SELECT id, name, avatar, background_image, signature, created_at_ms
	FROM users WHERE id IN (?)`

type profileRow struct {
	ID              int64  `db:"id"`
	Name            string `db:"name"`
	Avatar          string `db:"avatar"`
	BackgroundImage string `db:"background_image"`
	Signature       string `db:"signature"`
	CreatedAtMillis int64  `db:"created_at_ms"`
}

// Profiles implements user.Store.
func (s *Store) Profiles(ctx context.Context, ids []int64) ([]user.Profile, error) {
	const op = "mysql.Profiles"
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := sqlx.In(selectProfiles, ids)
	if err != nil {
		return nil, sqldb.Wrap(op, err)
	}
	var rows []profileRow
	if err := s.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, sqldb.Wrap(op, err)
	}
	profiles := make([]user.Profile, len(rows))
	for i, row := range rows {
		profiles[i] = toProfile(row)
	}
	return profiles, nil
}

func toProfile(row profileRow) user.Profile {
	return user.Profile{
		ID:              row.ID,
		Name:            row.Name,
		Avatar:          row.Avatar,
		BackgroundImage: row.BackgroundImage,
		Signature:       row.Signature,
		CreatedAt:       time.UnixMilli(row.CreatedAtMillis).UTC(),
	}
}
