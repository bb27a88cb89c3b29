package cli_test

import (
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/cli"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
)

// localStack keeps its objects in a folder.
type localStack struct{ emptyStack }

func (localStack) Status() control.Status { return control.Status{State: control.Ready, Env: "local"} }

// A stray goes where that is asked for, and else is only reported.
func TestAuditRemovesStraysWhenTold(t *testing.T) {
	dsn := videoDatabase(t, `INSERT INTO uploads (video_id, author_id, object_key, part_size, max_size, aborting, expires_at_ms, due_at_ms)
		VALUES (1, 1, 'videos/1/source', 4, 100, FALSE, 9000, 9000)`)
	told := []string{"--remove-strays"}
	for name, test := range map[string]struct {
		dsn   string
		flags []string
		want  error
		left  bool
	}{
		"told":                       {dsn: dsn, flags: told},
		"not told":                   {dsn: dsn, want: cli.ExitCode(1), left: true},
		"told, on an empty database": {dsn: videoDatabase(t, ""), flags: told, want: cli.ExitCode(1), left: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // each waits for as long as a stray may be one by chance
			dir := runningStack(t, test.dsn)
			stray := filepath.Join(dir.Objects(), "videos", "999", "source", "000000")
			if err := os.MkdirAll(filepath.Dir(stray), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(stray, []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
			written := time.Now().Add(-time.Hour)
			if err := os.Chtimes(stray, written, written); err != nil {
				t.Fatal(err)
			}
			err := cli.Run(t.Context(), append([]string{"audit", "--data", dir.Root(), "--settle=0s"}, test.flags...))
			if !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
			if _, err := os.Stat(stray); (err == nil) != test.left {
				t.Errorf("what is left: %v", err)
			}
		})
	}
}

// runningStack is the data folder of a stack that has but the database.
func runningStack(t *testing.T, dsn string) datadir.Dir {
	t.Helper()
	dir, err := datadir.At(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Create(); err != nil {
		t.Fatal(err)
	}
	secrets, err := json.Marshal(map[string]string{"mysql-video-dsn": dsn})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir.Secrets(), secrets, 0o600); err != nil {
		t.Fatal(err)
	}
	server, err := control.Serve(t.Context(), dir.Socket("control"), localStack{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// videoDatabase is a throwaway one with the tables of the service, and the rows
// that are inserted.
func videoDatabase(t *testing.T, insert string) string {
	t.Helper()
	dsn := os.Getenv("TEST_MYSQL_DSN")
	if dsn == "" {
		if os.Getenv("REQUIRE_INFRA") == "1" {
			t.Fatal("TEST_MYSQL_DSN is not set and REQUIRE_INFRA=1")
		}
		t.Skip("TEST_MYSQL_DSN is not set")
	}
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.MultiStatements = true
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1) // of which USE remains
	var random [6]byte
	_, _ = rand.Read(random[:]) // never fails
	config.DBName = "cli_video_" + hex.EncodeToString(random[:])
	t.Cleanup(func() {
		_, err := db.Exec("DROP DATABASE " + config.DBName)
		if err := errors.Join(err, db.Close()); err != nil {
			t.Error(err)
		}
	})
	files, err := filepath.Glob("../../../../services/video/internal/mysql/migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("migrations %v, %v", files, err)
	}
	slices.Sort(files)
	statements := "CREATE DATABASE " + config.DBName + "; USE " + config.DBName + ";"
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		statements += up + "\n"
	}
	statements += insert
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
	return config.FormatDSN()
}
