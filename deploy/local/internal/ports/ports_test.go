package ports_test

import (
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/runfile"
)

func file() runfile.File {
	return runfile.File{Apps: []runfile.App{
		{AppID: "gateway", DaprHTTPPort: 21001, DaprGRPCPort: 21002, DaprInternalGRPCPort: 21003, MetricsPort: 21004,
			Shared: runfile.Shared{Env: map[string]string{"GATEWAY_ADDR": "127.0.0.1:8080"}}},
		{AppID: "user", AppPort: 21010, DaprHTTPPort: 21011, DaprGRPCPort: 21012, DaprInternalGRPCPort: 21013, MetricsPort: 21014},
	}}
}

func TestPlanMovesEveryPort(t *testing.T) {
	plan, err := ports.NewPlan(file(), ports.Choice{Offset: 300})
	if err != nil {
		t.Fatal(err)
	}
	want := []int{21390, 21391, 8380, 21301, 21302, 21303, 21304, 21310, 21311, 21312, 21313, 21314}
	var got []int
	for _, port := range plan.All() {
		got = append(got, port.Number)
	}
	if len(got) != len(want) {
		t.Fatalf("ports %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("ports %v, want %v", got, want)
			break
		}
	}
	if plan.LocalURL() != "http://127.0.0.1:8380" {
		t.Errorf("URL %s", plan.LocalURL())
	}
}

func TestPlanWithAnS3Server(t *testing.T) {
	for wanted, want := range map[bool]string{true: "127.0.0.1:21380", false: ""} {
		plan, err := ports.NewPlan(file(), ports.Choice{Offset: 300, S3: wanted})
		if err != nil {
			t.Fatal(err)
		}
		listed := slices.Contains(plan.Infra(), ports.Port{Part: "s3", Number: 21380})
		if plan.S3 != want || listed != wanted {
			t.Errorf("wanted: %t, its address is %q, listed: %t", wanted, plan.S3, listed)
		}
	}
}

func TestPlanS3Address(t *testing.T) {
	for addr, want := range map[string]string{
		"": "127.0.0.1:21380", "0.0.0.0:9000": "0.0.0.0:9000", ":9000": "0.0.0.0:9000", "192.0.2.7:9000": "192.0.2.7:9000",
	} {
		plan, err := ports.NewPlan(file(), ports.Choice{Offset: 300, S3: true, S3Addr: addr})
		if err != nil {
			t.Fatal(err)
		}
		if plan.S3 != want {
			t.Errorf("%q: listens on %s", addr, plan.S3)
		}
	}
	for _, addr := range []string{"9000", "127.0.0.1:", "127.0.0.1:21391"} {
		if _, err := ports.NewPlan(file(), ports.Choice{Offset: 300, S3: true, S3Addr: addr}); err == nil {
			t.Errorf("S3 address %q is accepted", addr)
		}
	}
	if plan, err := ports.NewPlan(file(), ports.Choice{S3Addr: ":9000"}); err != nil || plan.S3 != "" {
		t.Errorf("without an S3 server: %s, %v", plan.S3, err)
	}
}

func TestPlanGatewayAddress(t *testing.T) {
	for addr, url := range map[string]string{
		"0.0.0.0:9000":   "http://127.0.0.1:9000",
		":9000":          "http://127.0.0.1:9000",
		"192.0.2.7:9000": "http://192.0.2.7:9000",
	} {
		plan, err := ports.NewPlan(file(), ports.Choice{Offset: 500, Gateway: addr})
		if err != nil {
			t.Fatal(err)
		}
		if plan.Gateway != addr || plan.LocalURL() != url {
			t.Errorf("%s: listens on %s, reached at %s", addr, plan.Gateway, plan.LocalURL())
		}
	}
	for _, addr := range []string{"9000", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:21391"} {
		if _, err := ports.NewPlan(file(), ports.Choice{Offset: 300, Gateway: addr}); err == nil {
			t.Errorf("gateway address %q is accepted", addr)
		}
	}
	if _, err := ports.NewPlan(file(), ports.Choice{Offset: 60000}); err == nil {
		t.Error("ports beyond 65535 are accepted")
	}
}

// The second replica has the ports that the run file leaves free.
func TestPlanOfTwoReplicas(t *testing.T) {
	plan, err := ports.NewPlan(file(), ports.Choice{Offset: 300, Replicas: 2})
	if err != nil {
		t.Fatal(err)
	}
	want := []ports.Port{
		{Part: "redis", Number: 21390}, {Part: "mysql", Number: 21391}, {Part: "proxy", Number: 8380},
		{Part: "gateway", Number: 21300}, {Part: "gateway-daprd", Number: 21301}, {Part: "gateway-daprd", Number: 21302},
		{Part: "gateway-daprd", Number: 21303}, {Part: "gateway-daprd", Number: 21304},
		{Part: "gateway-2", Number: 21305}, {Part: "gateway-2-daprd", Number: 21306}, {Part: "gateway-2-daprd", Number: 21307},
		{Part: "gateway-2-daprd", Number: 21308}, {Part: "gateway-2-daprd", Number: 21309},
		{Part: "user", Number: 21310}, {Part: "user-daprd", Number: 21311}, {Part: "user-daprd", Number: 21312},
		{Part: "user-daprd", Number: 21313}, {Part: "user-daprd", Number: 21314},
		{Part: "user-2", Number: 21315}, {Part: "user-2-daprd", Number: 21316}, {Part: "user-2-daprd", Number: 21317},
		{Part: "user-2-daprd", Number: 21318}, {Part: "user-2-daprd", Number: 21319},
	}
	if got := plan.All(); !slices.Equal(got, want) {
		t.Errorf("ports\n%v, want\n%v", got, want)
	}
	if got := plan.GatewayURLs(); !slices.Equal(got, []string{"http://127.0.0.1:21300", "http://127.0.0.1:21305"}) {
		t.Errorf("gateways %v", got)
	}
	if plan.LocalURL() != "http://127.0.0.1:8380" {
		t.Errorf("URL %s", plan.LocalURL())
	}
	// A third does not fit.
	if _, err := ports.NewPlan(file(), ports.Choice{Replicas: 3}); err == nil {
		t.Error("three replicas are accepted")
	}
	// Nor do two if the apps have fewer ports.
	narrow := file()
	narrow.Apps[1].AppPort = 21005
	if _, err := ports.NewPlan(narrow, ports.Choice{Replicas: 2}); err == nil {
		t.Error("two parts get the same port")
	}
}

// A single gateway has no proxy.
func TestOneReplicaHasNoProxy(t *testing.T) {
	plan, err := ports.NewPlan(file(), ports.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	if got := plan.GatewayURLs(); len(plan.Direct()) != 0 || !slices.Equal(got, []string{plan.LocalURL()}) {
		t.Errorf("gateways %v, behind a proxy %v", got, plan.Direct())
	}
	for _, port := range plan.All() {
		if port.Part == ports.Proxy {
			t.Errorf("a proxy listens on %d", port.Number)
		}
	}
}

// The components of the environment local contain the ports without an offset.
func TestComponentsNameTheSameRedis(t *testing.T) {
	text, err := os.ReadFile("../../../../components/local/statestore.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "127.0.0.1:21090") || ports.RedisBase != 21090 {
		t.Errorf("components/local and RedisBase (%d) disagree", ports.RedisBase)
	}
}

// taken listens on a port and returns it.
func taken(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().(*net.TCPAddr).Port
}

func TestReserveSkipsWhatIsTaken(t *testing.T) {
	folder, busy := t.TempDir(), taken(t)
	// An offset has one port. A process listens on those of 100 and 200, and another
	// starter has reserved 300.
	plan := func(offset int) (ports.Plan, error) {
		port := 0
		if offset <= 200 {
			port = busy
		}
		return ports.Plan{Offset: offset, Redis: port, MySQL: 0, Gateway: "127.0.0.1:0"}, nil
	}
	third, release, err := ports.Reserve(t.Context(), folder, 0, plan)
	if err != nil {
		t.Fatal(err)
	}
	if third.Offset != 300 {
		t.Fatalf("offset %d, want 300", third.Offset)
	}
	fourth, _, err := ports.Reserve(t.Context(), folder, 0, plan)
	if err != nil {
		t.Fatal(err)
	}
	if fourth.Offset != 400 {
		t.Errorf("a second starter gets offset %d, want 400", fourth.Offset)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	again, _, err := ports.Reserve(t.Context(), folder, 0, plan)
	if err != nil {
		t.Fatal(err)
	}
	if again.Offset != 300 {
		t.Errorf("after its release the offset is %d, want 300", again.Offset)
	}
}

func TestHolderOfNamesTheProcess(t *testing.T) {
	port := taken(t)
	if ports.Free(t.Context(), port) {
		t.Error("a taken port counts as free")
	}
	if holder := ports.HolderOf(port); holder.PID != os.Getpid() || holder.Command == "" {
		t.Errorf("holder %+v, want this test, pid %d", holder, os.Getpid())
	}
	if holder := ports.HolderOf(1); holder.PID != 0 {
		t.Errorf("port 1 has the listener %v", holder)
	}
}
