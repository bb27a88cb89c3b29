package measure

import (
	"strings"
	"testing"
	"time"
)

func TestCPUTimeOfAProcess(t *testing.T) {
	raw := []byte("42 (a (strange) name) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 3 2 20 0 9 0 12345 1000 200\n")
	got, err := parseStat(raw)
	if want := 2050 * time.Millisecond; err != nil || got != want {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	for _, bad := range []string{"", "42 (x", "42 (x) S 1", "42 (x) S 1 42 42 0 -1 4194560 100 0 0 0 many 50 3 2"} {
		if _, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestCPUTimeOfTheMachine(t *testing.T) {
	got, err := parseMachine([]byte("cpu  100 20 30 9000 400 5 6 7 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"))
	if want := 1610 * time.Millisecond; err != nil || got != want { // without idle, waiting and what others stole
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if _, err := parseMachine([]byte("intr 1 2 3")); err == nil {
		t.Error("another file is accepted")
	}
}

func TestCommandsOfRedis(t *testing.T) {
	got, err := parseCommands("# Commandstats\r\ncmdstat_hgetall:calls=7,usec=42,usec_per_call=6.00\r\ncmdstat_config|get:calls=2,usec=1\r\n")
	if err != nil || got["hgetall"] != 7 || got["config|get"] != 2 || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := parseCommands("cmdstat_get:calls=x,usec=1"); err == nil {
		t.Error("no number is accepted")
	}
}

func TestCallsOfPrograms(t *testing.T) {
	const metrics = `# TYPE dapr_grpc_io_server_completed_rpcs counter
dapr_grpc_io_server_completed_rpcs{app_id="gateway-1",grpc_server_method="/dapr.proto.runtime.v1.Dapr/GetState",grpc_server_status="OK"} 100
dapr_grpc_io_server_completed_rpcs{app_id="gateway-1",grpc_server_method="/douyin.user.v1.UserService/GetProfiles",grpc_server_status="OK"} 12
dapr_grpc_io_server_completed_rpcs{app_id="gateway-1",grpc_server_method="/douyin.user.v1.UserService/GetProfiles",grpc_server_status="Unknown"} 1.2e+06
dapr_grpc_io_client_completed_rpcs{app_id="gateway-1",grpc_client_method="/douyin.user.v1.UserService/GetProfiles",grpc_client_status="OK"} 7
`
	got, err := parseCalls(strings.NewReader(metrics))
	if err != nil || got != 1_200_012 {
		t.Errorf("%d, %v, want 1200012", got, err)
	}
	if _, err := parseCalls(strings.NewReader(`dapr_grpc_io_server_completed_rpcs{grpc_server_method="/douyin.x/Y"} many`)); err == nil {
		t.Error("no number is accepted")
	}
}

// The statements and commands of the meter are not the system's.
func TestDifferenceOfReadings(t *testing.T) {
	before := Counters{
		CPU: map[string]time.Duration{"user": time.Second}, Machine: 10 * time.Second, SQL: map[string]int64{statements: 100, dataSyncs: 5, "Handler_read_key": 50},
		Redis: map[string]int64{"hgetall": 10, "info": 1}, ownSQL: 3, ownRedis: 1,
	}
	after := Counters{
		CPU: map[string]time.Duration{"user": 3 * time.Second}, Machine: 14 * time.Second, SQL: map[string]int64{statements: 110, dataSyncs: 7, "Handler_read_key": 57},
		Redis: map[string]int64{"hgetall": 14, "info": 2, "eval": 3, "xadd": 1}, ownSQL: 5, ownRedis: 2,
	}
	d := after.Sub(before)
	if d.CPU["user"] != 2*time.Second || d.Machine != 4*time.Second {
		t.Errorf("CPU %v of %v", d.CPU, d.Machine)
	}
	if d.Statements() != 8 || d.Syncs() != 2 || d.IndexReads() != 7 {
		t.Errorf("%d statements, %d syncs, %d index reads, want 8, 2, 7", d.Statements(), d.Syncs(), d.IndexReads())
	}
	if d.StateReads() != 4 || d.StateWrites() != 3 || d.Events() != 1 || d.Commands() != 8 {
		t.Errorf("%d state reads, %d writes, %d events, %d commands, want 4, 3, 1, 8", d.StateReads(), d.StateWrites(), d.Events(), d.Commands())
	}
}
