package sqldb

import (
	"errors"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// A transaction whose commit failed may have been committed. It is not repeated as if
// the server had refused one of its statements.
func TestAFailedCommitIsNotAFaultOfTheRequest(t *testing.T) {
	const errorDuringCommit = 1180
	cause := &mysql.MySQLError{Number: errorDuringCommit}
	err := Wrap("op", &commitError{cause})
	var server *mysql.MySQLError
	if errs.CodeOf(err) != errs.Unavailable || !errors.As(err, &server) {
		t.Errorf("%v has the code %v", err, errs.CodeOf(err))
	}
	if err := Wrap("op", cause); errs.CodeOf(err) != errs.Internal {
		t.Errorf("in a statement: %v", err)
	}
	if !IsLockConflict(&commitError{&mysql.MySQLError{Number: deadlock}}) {
		t.Error("a deadlock that the commit reports is not retried")
	}
}
