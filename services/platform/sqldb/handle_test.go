package sqldb_test

import (
	"testing"

	"github.com/douyin-on-dapr/douyin/services/platform/sqldb"
)

func TestRepeat(t *testing.T) {
	const insert = "INSERT INTO a (b, c) VALUES [(?, ?)] ON DUPLICATE KEY UPDATE c = 1"
	for n, want := range map[int]string{
		1: "INSERT INTO a (b, c) VALUES (?, ?) ON DUPLICATE KEY UPDATE c = 1",
		3: "INSERT INTO a (b, c) VALUES (?, ?), (?, ?), (?, ?) ON DUPLICATE KEY UPDATE c = 1",
	} {
		if got := sqldb.Repeat(insert, ", ", n); got != want {
			t.Errorf("%d times: %s", n, got)
		}
	}
}
