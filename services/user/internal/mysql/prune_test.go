package mysql_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/douyin-on-dapr/douyin/services/platform/inbox"
	"github.com/douyin-on-dapr/douyin/services/user/internal/activity"
	"github.com/douyin-on-dapr/douyin/services/user/internal/mysql"
)

const borderMS = 1_772_366_400_000

// insertEntries writes entries of a user, numbered from first, in statements of
// 1,000 rows. row returns whether an entry is present and when it occurred.
func insertEntries(t *testing.T, db *sqlx.DB, user, first, count int64, row func(id int64) (present bool, ms int64)) {
	t.Helper()
	for from := first; from < first+count; from += 1000 {
		var rows []string
		for id := from; id < min(from+1000, first+count); id++ {
			present, ms := row(id)
			rows = append(rows, fmt.Sprintf("(%d, %d, 'like:%d:%d', 1, %t, 1, 9, 9, 0, '', %d, 'E')", user, id, id, user, present, ms))
		}
		mustExec(t, db, "INSERT INTO activities VALUES "+strings.Join(rows, ","))
	}
	mustExec(t, db, fmt.Sprintf(`INSERT INTO activity_marks VALUES (%d, %d, 0)
ON DUPLICATE KEY UPDATE last_id = VALUES(last_id)`, user, first+count-1))
}

func mustExec(t *testing.T, db *sqlx.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func wantCount(t *testing.T, db *sqlx.DB, want int64, query string) {
	t.Helper()
	var got int64
	if err := db.GetContext(t.Context(), &got, query); err != nil || got != want {
		t.Errorf("%s: %d, %v; want %d", query, got, err, want)
	}
}

func TestOldSessionsAndActivitiesTakenBackAreDeleted(t *testing.T) {
	db := newActivitiesDB(t)
	insertEntries(t, db, 1, 1, 2_500, func(id int64) (bool, int64) { return id%2 == 0, borderMS - 2_000 + id })
	insertEntries(t, db, 2, 1, 3_001, func(int64) (bool, int64) { return false, borderMS - 1 })
	mustExec(t, db, fmt.Sprintf("INSERT INTO sessions VALUES ('A', 1, %d), ('B', 1, %d), ('C', 2, 0)", borderMS-1, borderMS))
	pruner := mysql.NewPruner(db)
	if err := pruner.TakenBack(t.Context(), time.UnixMilli(borderMS)); err != nil {
		t.Fatal(err)
	}
	if err := pruner.Sessions(t.Context(), time.UnixMilli(borderMS)); err != nil {
		t.Fatal(err)
	}
	wantCount(t, db, 1_250, "SELECT COUNT(*) FROM activities WHERE user_id = 1 AND present")
	wantCount(t, db, 250, "SELECT COUNT(*) FROM activities WHERE user_id = 1 AND NOT present AND id > 2000")
	wantCount(t, db, 0, "SELECT COUNT(*) FROM activities WHERE user_id = 1 AND NOT present AND id < 2000")
	wantCount(t, db, 3_001, "SELECT MAX(id) FROM activities WHERE user_id = 2")
	wantCount(t, db, 1, "SELECT COUNT(*) FROM activities WHERE user_id = 2")
	wantCount(t, db, 1, "SELECT COUNT(*) FROM sessions WHERE id = 'B'")
	wantCount(t, db, 1, "SELECT COUNT(*) FROM sessions")
}

// User 1 has 1,500 old entries too many, user 2 as many that are not old, user 3
// has old entries, but not too many, and user 4 has none.
func TestLongListsKeepTheNewestEntries(t *testing.T) {
	db := newActivitiesDB(t)
	old := func(int64) (bool, int64) { return true, borderMS - 1 }
	insertEntries(t, db, 1, 1, activity.MaxKept+1_500, old)
	insertEntries(t, db, 2, 1, activity.MaxKept+1_500, func(id int64) (bool, int64) { return true, borderMS - 1_400 + id })
	insertEntries(t, db, 3, 1, 10, old)
	mustExec(t, db, fmt.Sprintf("INSERT INTO activity_marks VALUES (4, %d, 0)", activity.MaxKept+1))
	mustExec(t, db, fmt.Sprintf("UPDATE activity_marks SET last_id = %d WHERE user_id = 3", activity.MaxKept+10))
	if err := mysql.NewPruner(db).LongLists(t.Context(), time.UnixMilli(borderMS)); err != nil {
		t.Fatal(err)
	}
	wantCount(t, db, activity.MaxKept, "SELECT COUNT(*) FROM activities WHERE user_id = 1 AND id > 1500")
	wantCount(t, db, activity.MaxKept, "SELECT COUNT(*) FROM activities WHERE user_id = 1")
	wantCount(t, db, activity.MaxKept+101, "SELECT COUNT(*) FROM activities WHERE user_id = 2 AND id >= 1400")
	wantCount(t, db, activity.MaxKept+101, "SELECT COUNT(*) FROM activities WHERE user_id = 2")
	wantCount(t, db, 10, "SELECT COUNT(*) FROM activities WHERE user_id = 3")
}

// rowsRead is the number of rows and index entries that a connection has read.
func rowsRead(t *testing.T, db *sqlx.DB) int64 {
	t.Helper()
	var status []struct {
		Name  string `db:"Variable_name"`
		Value int64  `db:"Value"`
	}
	if err := db.SelectContext(t.Context(), &status, "SHOW SESSION STATUS LIKE 'Handler\\_read\\_%'"); err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, s := range status {
		if !strings.Contains(s.Name, "rnd") { // the status itself
			sum += s.Value
		}
	}
	return sum
}

// The list of an author whose video was liked often and then deleted.
func TestListDoesNotReadWhatWasTakenBack(t *testing.T) {
	db := newActivitiesDB(t)
	db.SetMaxOpenConns(1) // for the status of the session
	insertEntries(t, db, 1, 1, 40, func(int64) (bool, int64) { return true, borderMS })
	insertEntries(t, db, 1, 41, 20_000, func(int64) (bool, int64) { return false, borderMS })
	store := mysql.NewActivities(db, inbox.New(db))
	before := rowsRead(t, db)
	entries, err := store.List(t.Context(), 1, math.MaxInt64, 31)
	if err != nil || len(entries) != 31 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	if unread, err := store.Unread(t.Context(), 1); err != nil || unread != 40 {
		t.Errorf("%d unread, %v", unread, err)
	}
	if n := rowsRead(t, db) - before; n > 200 {
		t.Errorf("read %d rows", n)
	}
}
