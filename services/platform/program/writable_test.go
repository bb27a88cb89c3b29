package program_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	runtimev1 "github.com/dapr/dapr/pkg/proto/runtime/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/douyin-on-dapr/douyin/services/platform/sqltest"
)

// While the database is read-only, events wait in the broker instead of becoming
// dead letters, and the program still serves calls. The test does not run beside
// others, because all databases of a server are read-only together.
func TestEventsWaitWhileTheDatabaseIsReadOnly(t *testing.T) { //nolint:paralleltest // see above
	s := newHarness(t)
	s.start(t, nil)
	s.publish(t, event("before"))
	sqltest.Eventually(t, "events arrive", func() bool { return s.effects(t, "before") == 1 })

	conn, err := grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", s.config.AppPort), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	t.Cleanup(func() { s.db.MustExec("SET GLOBAL read_only = 0") })
	s.db.MustExec("SET GLOBAL read_only = 1")
	asSidecar := metadata.AppendToOutgoingContext(t.Context(), "dapr-api-token", s.config.AppAPIToken)
	_, err = runtimev1.NewAppCallbackHealthCheckClient(conn).HealthCheck(asSidecar, &emptypb.Empty{})
	if err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Fatalf("the answer to the sidecar is %v", err)
	}
	serving, err := healthv1.NewHealthClient(conn).Check(context.WithoutCancel(t.Context()), &healthv1.HealthCheckRequest{})
	if err != nil || serving.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		t.Errorf("health of calls: %v, %v", serving, err)
	}
	sqltest.Eventually(t, "the sidecar has asked", after(4*time.Second))

	s.fails("during", func() error { return errBroken })
	s.publish(t, event("during"))
	sqltest.Eventually(t, "retries would be over", after(8*time.Second))
	if s.tried("during") != 0 || s.letters(t) != 0 {
		t.Errorf("tried %d times, %d dead letters", s.tried("during"), s.letters(t))
	}
	s.fails("during", nil)
	s.db.MustExec("SET GLOBAL read_only = 0")
	sqltest.Eventually(t, "the event arrives", func() bool { return s.effects(t, "during") == 1 })
}
