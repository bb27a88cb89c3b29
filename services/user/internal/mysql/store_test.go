package mysql_test

import (
	"errors"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
	"github.com/douyin-on-dapr/douyin/services/user/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/user/internal/storetest"
	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) user.Store { return mysql.New(sqltest.New(t, mysql.Migrations())) })
}

// The suite cannot see rows that no method of the store reads yet.
func TestCreateWritesOneRowOfEachOrNone(t *testing.T) {
	db := sqltest.New(t, mysql.Migrations())
	store := mysql.New(db)
	now := time.UnixMilli(1_700_000_000_123)
	register := func(id int64, key, session string) error {
		return store.Create(t.Context(), user.Registration{
			Profile: user.Profile{ID: id, Name: key, CreatedAt: now},
			NameKey: key,
			Hash:    "hash",
			Session: user.Session{ID: session, UserID: id, CreatedAt: now},
		})
	}
	if err := register(1, "amy", "S1"); err != nil {
		t.Fatal(err)
	}
	if err := register(2, "amy", "S2"); !errors.Is(err, user.ErrNameTaken) {
		t.Fatalf("same name: %v", err)
	}
	if err := register(3, "bob", "S1"); err == nil {
		t.Fatal("same session id was accepted")
	}
	for _, table := range []string{"users", "credentials", "sessions"} {
		var rows int
		if err := db.GetContext(t.Context(), &rows, "SELECT COUNT(*) FROM "+table); err != nil {
			t.Fatal(err)
		}
		if rows != 1 {
			t.Errorf("%s has %d rows, want 1", table, rows)
		}
	}
	var created int64
	if err := db.GetContext(t.Context(), &created, "SELECT created_at_ms FROM sessions WHERE id = 'S1' AND user_id = 1"); err != nil {
		t.Fatal(err)
	}
	if created != now.UnixMilli() {
		t.Errorf("session created at %d, want %d", created, now.UnixMilli())
	}
}
