package mysql

import (
	"context"
	"database/sql"
	"errors"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

// nameKeyIndex is the unique key that decides between concurrent registrations of
// a name.
const nameKeyIndex = "users_name_key"

const (
	insertUser = `INSERT INTO users (id, name, name_key, avatar, background_image, signature, created_at_ms)
		VALUES (?, ?, ?, ?, ?, ?, ?)`
	insertCredential = `INSERT INTO credentials (user_id, hash) VALUES (?, ?)`
	insertSession    = `INSERT INTO sessions (id, user_id, created_at_ms) VALUES (?, ?, ?)`
	selectCredential = `SELECT u.id, c.hash FROM users u JOIN credentials c ON c.user_id = u.id WHERE u.name_key = ?`
	updateHash       = `UPDATE credentials SET hash = ? WHERE user_id = ? AND hash = ?`
)

// Create implements user.Store.
func (s *Store) Create(ctx context.Context, r user.Registration) error {
	const op = "mysql.Create"
	p := r.Profile
	err := sqldb.InTx(ctx, s.db, func(ctx context.Context, tx sqldb.Handle) error {
		_, err := tx.ExecContext(ctx, insertUser, p.ID, p.Name, r.NameKey,
			p.Avatar, p.BackgroundImage, p.Signature, p.CreatedAt.UnixMilli())
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, insertCredential, p.ID, r.Hash); err != nil {
			return err
		}
		return addSession(ctx, tx, r.Session)
	})
	if sqldb.IsDuplicate(err, nameKeyIndex) {
		return user.ErrNameTaken // without the cause, which only quotes the name
	}
	return sqldb.Wrap(op, err)
}

// Credential implements user.Store.
func (s *Store) Credential(ctx context.Context, nameKey string) (user.Credential, error) {
	var row struct {
		ID   int64  `db:"id"`
		Hash string `db:"hash"`
	}
	err := s.db.GetContext(ctx, &row, selectCredential, nameKey)
	if errors.Is(err, sql.ErrNoRows) {
		return user.Credential{}, user.ErrUnknown
	}
	if err != nil {
		return user.Credential{}, sqldb.Wrap("mysql.Credential", err)
	}
	return user.Credential{UserID: row.ID, Hash: row.Hash}, nil
}

// AddSession implements user.Store.
func (s *Store) AddSession(ctx context.Context, session user.Session) error {
	return sqldb.Wrap("mysql.AddSession", addSession(ctx, s.db, session))
}

// ReplaceHash implements user.Store.
func (s *Store) ReplaceHash(ctx context.Context, read user.Credential, hash string) error {
	_, err := s.db.ExecContext(ctx, updateHash, hash, read.UserID, read.Hash)
	return sqldb.Wrap("mysql.ReplaceHash", err)
}

func addSession(ctx context.Context, h sqldb.Handle, session user.Session) error {
	_, err := h.ExecContext(ctx, insertSession, session.ID, session.UserID, session.CreatedAt.UnixMilli())
	return err
}
