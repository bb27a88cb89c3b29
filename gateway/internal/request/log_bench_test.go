package request

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/douyin-on-dapr/douyin/gateway/internal/token"
	"github.com/douyin-on-dapr/douyin/services/platform/telemetry"
)

// The cost of the log line of one request, written to a file as in production:
// off is the cost of the decision alone.
func BenchmarkRequestLog(b *testing.B) {
	for _, mode := range []LogMode{LogAll, LogErrors, LogOff} {
		b.Run(string(mode), func(b *testing.B) {
			out, err := os.OpenFile(filepath.Join(b.TempDir(), "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
			if err != nil {
				b.Fatal(err)
			}
			defer out.Close()
			gin.SetMode(gin.ReleaseMode)
			c, _ := gin.CreateTestContext(httptest.NewRecorder())
			c.Request = httptest.NewRequest(http.MethodGet, "/douyin/feed?token=secret", nil)
			p := &Pipeline{Log: telemetry.NewLogger(out, slog.LevelInfo), LogRequests: mode}
			r := &Request{HTTP: c.Request, ctx: b.Context(), body: guard(c.Writer, c.Request), Viewer: token.Identity{UserID: 1}}
			b.ReportAllocs()
			for b.Loop() {
				p.logAnswer(r, c.Writer, "/douyin/feed", okAnswer(), nil, 1234*time.Microsecond)
			}
		})
	}
}
