package datadir_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
)

func create(t *testing.T) datadir.Dir {
	t.Helper()
	dir, err := datadir.At(filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Create(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCreateRefusesAForeignFolder(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "thesis.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dir, err := datadir.At(folder)
	if err != nil {
		t.Fatal(err)
	}
	if dir.Create() == nil {
		t.Error("a foreign folder becomes a data folder")
	}
	if dir.Remove() == nil {
		t.Error("a foreign folder is deleted")
	}
	if _, err := os.Stat(filepath.Join(folder, "thesis.txt")); err != nil {
		t.Error(err)
	}
}

func TestCreateAndRemove(t *testing.T) {
	dir := create(t)
	if err := dir.Create(); err != nil {
		t.Errorf("a second time: %v", err)
	}
	info, err := os.Stat(dir.Root)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v, want access for its owner only", info.Mode(), err)
	}
	if err := dir.Remove(); err != nil || dir.Exists() {
		t.Errorf("removed: %v, still there: %v", err, dir.Exists())
	}
}

func TestLockIsExclusive(t *testing.T) {
	dir := create(t)
	release, err := dir.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dir.Lock(); !errors.Is(err, datadir.ErrLocked) {
		t.Errorf("locked twice: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if _, err := dir.Lock(); err != nil {
		t.Errorf("after the release: %v", err)
	}
}

func TestCredentialsStayAndGrow(t *testing.T) {
	dir := create(t)
	first, err := dir.Credentials([]string{"user"})
	if err != nil {
		t.Fatal(err)
	}
	second, err := dir.Credentials([]string{"user", "video"})
	if err != nil {
		t.Fatal(err)
	}
	if first.JWTKey != second.JWTKey || first.MySQL["user"] != second.MySQL["user"] || first.Suffix != second.Suffix {
		t.Error("a second start changes the credentials of the first")
	}
	if second.MySQL["video"] == "" || second.MySQL["video"] == second.MySQL["user"] {
		t.Error("a new service needs a password of its own")
	}
	if key, err := base64.StdEncoding.DecodeString(first.JWTKey); err != nil || len(key) < 32 {
		t.Errorf("a signing key of %d bytes, %v", len(key), err)
	}
	other, err := create(t).Credentials([]string{"user"})
	if err != nil {
		t.Fatal(err)
	}
	if other.Suffix == first.Suffix || other.DaprToken == first.DaprToken || other.RedisPassword == first.RedisPassword || other.S3Secret == first.S3Secret {
		t.Error("two data folders share secrets")
	}
}

func TestSecretsHoldWhatProgramsRead(t *testing.T) {
	dir := create(t)
	credentials, err := dir.Credentials([]string{"user", "video"})
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.WriteSecrets(credentials, 21791); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(dir.Secrets)
	if err != nil {
		t.Fatal(err)
	}
	var secrets map[string]string
	if err := json.Unmarshal(raw, &secrets); err != nil {
		t.Fatalf("not flat JSON: %v", err)
	}
	names := slices.Sorted(maps.Keys(secrets))
	if want := []string{"jwt-keys", "mysql-user-dsn", "mysql-video-dsn", "redis-password", "s3-access-key", "s3-secret-key"}; !slices.Equal(names, want) {
		t.Errorf("secrets %v, want %v", names, want)
	}
	if dsn := secrets["mysql-user-dsn"]; !strings.Contains(dsn, "tcp(127.0.0.1:21791)/user?parseTime=true") {
		t.Errorf("dsn %s", dsn)
	}
	var keys struct {
		Current string
		Keys    map[string]string
	}
	if err := json.Unmarshal([]byte(secrets["jwt-keys"]), &keys); err != nil || keys.Keys[keys.Current] != credentials.JWTKey {
		t.Errorf("signing keys %s: %v", secrets["jwt-keys"], err)
	}
	for _, file := range []string{dir.Secrets, filepath.Join(dir.Root, "credentials.json")} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", file, info.Mode(), err)
		}
	}
}

func TestSocketPathIsShort(t *testing.T) {
	short, err := datadir.At("/tmp/x")
	if err != nil {
		t.Fatal(err)
	}
	if got := short.Socket("control"); got != "/tmp/x/control.sock" {
		t.Errorf("socket %s", got)
	}
	seen := map[string]bool{}
	for _, last := range []string{"a", "b"} {
		long, err := datadir.At("/" + strings.Repeat("deep/", 30) + last)
		if err != nil {
			t.Fatal(err)
		}
		path := long.Socket("control")
		if len(path) >= 104 || seen[path] {
			t.Errorf("socket %s, %d bytes, seen before: %v", path, len(path), seen[path])
		}
		seen[path] = true
	}
}

func TestClearLeftoversEndsOnlyWhatWasOurs(t *testing.T) {
	dir := create(t)
	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	started, err := datadir.StartTime(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	ours := datadir.Process{Part: "user", PID: cmd.Process.Pid, Started: started}
	reused := datadir.Process{Part: "video", PID: os.Getpid(), Started: started + 1_000_000}
	if err := dir.WriteRecord(datadir.Record{Processes: []datadir.Process{reused, ours}}); err != nil {
		t.Fatal(err)
	}
	if err := dir.ClearLeftovers(t.Context(), 50*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if ours.Alive() {
		t.Error("the leftover is still there")
	}
	if err := <-ended; err == nil {
		t.Error("the leftover was not killed")
	}
}

func TestReadRecordOfANewFolder(t *testing.T) {
	if r, err := create(t).ReadRecord(); err != nil || r.Processes != nil {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestDiskAndWritable(t *testing.T) {
	dir, err := datadir.At(filepath.Join(t.TempDir(), "not", "yet"))
	if err != nil {
		t.Fatal(err)
	}
	if free, err := dir.FreeBytes(); err != nil || free <= 0 {
		t.Errorf("%d bytes free, %v", free, err)
	}
	if err := dir.Writable(); err != nil {
		t.Errorf("the parent can be written: %v", err)
	}
	file, err := datadir.At("/proc/nothing")
	if err != nil {
		t.Fatal(err)
	}
	if file.Writable() == nil {
		t.Error("/proc can be written")
	}
}
