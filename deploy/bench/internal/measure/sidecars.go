package measure

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/stack"
)

// metricsDistance is the distance between the HTTP port of a sidecar and that of
// its metrics, in the run file.
const metricsDistance = 3

// sidecars reads the metrics of the sidecars. They count only if the stack was
// started with --sidecar-metrics.
type sidecars struct {
	client http.Client
	urls   []string
}

func newSidecars(parts []stack.Part) *sidecars {
	s := &sidecars{client: http.Client{Timeout: 5 * time.Second}}
	for _, part := range parts {
		if strings.HasSuffix(part.Name, "-daprd") {
			s.urls = append(s.urls, fmt.Sprintf("http://127.0.0.1:%d/metrics", part.Port+metricsDistance))
		}
	}
	return s
}

// calls is how many calls of programs to programs all sidecars have passed on; -1
// if they do not count.
func (s *sidecars) calls(ctx context.Context) (int64, error) {
	var all int64
	for _, url := range s.urls {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return 0, err
		}
		response, err := s.client.Do(request)
		if err != nil {
			return -1, nil //nolint:nilerr // nothing listens without metrics
		}
		n, err := parseCalls(response.Body)
		_ = response.Body.Close() // read to its end
		if err != nil {
			return 0, fmt.Errorf("metrics of a sidecar: %w", err)
		}
		all += n
	}
	return all, nil
}

// callMetric counts the calls that a program makes through its sidecar: those of
// the sidecar's own API, and those that it passes on to other programs.
const callMetric = `dapr_grpc_io_server_completed_rpcs{`

// ofPrograms begins the methods of programs.
const ofPrograms = `grpc_server_method="/douyin.`

func parseCalls(metrics io.Reader) (int64, error) {
	var calls int64
	lines := bufio.NewScanner(metrics)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if !strings.HasPrefix(line, callMetric) || !strings.Contains(line, ofPrograms) {
			continue
		}
		n, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
		if err != nil {
			return 0, fmt.Errorf("%q: %w", line, err)
		}
		calls += int64(n)
	}
	return calls, lines.Err()
}
