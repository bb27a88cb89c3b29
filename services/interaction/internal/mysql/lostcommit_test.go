package mysql_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/mysql"
	"github.com/douyin-on-dapr/douyin/services/interaction/internal/storetest"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

// A like whose commit has no answer may have been committed. The relay is woken then:
// it invalidates the documents of the like before it publishes its event.
func TestALostCommitWakesTheRelay(t *testing.T) {
	db := newDB(t)
	again, lose := sqltest.LostCommits(t, db)
	var woken atomic.Int64
	store := mysql.New(again, func() { woken.Add(1) })
	lose.Store(true)
	_, err := storetest.SetLike(t.Context(), store, interaction.LikeChange{UserID: 1, VideoID: 7, AuthorID: 5, Liked: true, At: time.UnixMilli(1_000)})
	if errs.CodeOf(err) != errs.Unavailable || woken.Load() != 1 {
		t.Errorf("%v, woken %d times", err, woken.Load())
	}
	var events int
	if err := db.GetContext(t.Context(), &events, "SELECT COUNT(*) FROM outbox"); err != nil || events != 1 {
		t.Errorf("%d events, %v", events, err)
	}
}
