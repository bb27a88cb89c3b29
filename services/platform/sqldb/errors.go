package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Error numbers of the server that are handled specially.
const (
	tooManyConnections     = 1040
	accessDeniedToDatabase = 1044
	accessDenied           = 1045
	unknownDatabase        = 1049
	shutdownInProgress     = 1053
	duplicateEntry         = 1062
	tooManyUserConnections = 1203
	lockWaitTimeout        = 1205
	deadlock               = 1213
	readOnlyServer         = 1290
	queryInterrupted       = 1317
	readOnlyTransaction    = 1792
	readOnlyMode           = 1836
	connectionKilled       = 1927
	statementTimeMariaDB   = 1969
	statementTimeMySQL     = 3024
)

// number returns the server's error number in err, or 0.
func number(err error) uint16 {
	var e *mysql.MySQLError
	if errors.As(err, &e) {
		return e.Number
	}
	return 0
}

// IsLockConflict reports whether the server rolled the transaction back, or let it
// wait too long, because of another transaction; a retry may succeed.
func IsLockConflict(err error) bool {
	n := number(err)
	return n == deadlock || n == lockWaitTimeout
}

// IsDuplicate reports whether err is the violation of a unique key: of any key if
// key is "", else of the named index ("PRIMARY" for the primary key).
func IsDuplicate(err error, key string) bool {
	var e *mysql.MySQLError
	if !errors.As(err, &e) || e.Number != duplicateEntry {
		return false
	}
	return key == "" || strings.EqualFold(duplicateKey(e.Message), key)
}

// duplicateKey reads the index from "Duplicate entry 'x' for key 'users.name'".
// MySQL writes the table in front of it, MariaDB does not. The function reads
// from the end, because the entry is a user's text and may contain "for key".
func duplicateKey(message string) string {
	quoted, found := afterLast(message, "for key '")
	if !found {
		return ""
	}
	name := strings.TrimSuffix(quoted, "'")
	if index, found := afterLast(name, "."); found {
		return index
	}
	return name
}

func afterLast(s, sep string) (after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", false
	}
	return s[i+len(sep):], true
}

// Wrap names the operation and gives a database error its code: Unavailable if
// the server was not reachable or busy (the same call may succeed soon), Timeout
// if the time ran out, else Internal. An error with a code keeps it; Wrap(op, nil)
// is nil.
func Wrap(op string, err error) error {
	var known *errs.Error
	if err == nil || errors.As(err, &known) {
		return errs.Wrap(op, err)
	}
	return &errs.Error{Code: codeOf(err), Op: op, Cause: err}
}

func codeOf(err error) errs.Code {
	switch number(err) {
	case tooManyConnections, tooManyUserConnections, shutdownInProgress, connectionKilled,
		deadlock, lockWaitTimeout, readOnlyServer, readOnlyTransaction, readOnlyMode, queryInterrupted:
		return errs.Unavailable
	case statementTimeMariaDB, statementTimeMySQL:
		return errs.Timeout
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errs.Timeout
	}
	var network net.Error
	if errors.As(err, &network) {
		return errs.Unavailable
	}
	for _, lost := range []error{context.Canceled, driver.ErrBadConn, mysql.ErrInvalidConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, lost) {
			return errs.Unavailable
		}
	}
	var commit *commitError
	if errors.As(err, &commit) {
		return errs.Unavailable
	}
	return errs.Internal
}
