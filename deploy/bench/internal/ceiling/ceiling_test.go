package ceiling_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/ceiling"
)

func TestServeAnswersUntilItsInputEnds(t *testing.T) {
	feed := strings.Repeat("feed ", 5000)
	in, input := io.Pipe()
	output, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- ceiling.Serve(t.Context(), 20_500, in, out) }()
	fmt.Fprintf(input, "%d\n%s", len(feed), feed)
	addr, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{ceiling.PathFeed: feed, ceiling.PathSmall: string(ceiling.Small())} {
		response, err := http.Get("http://" + strings.TrimSpace(addr) + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(body) != want || response.ContentLength != int64(len(want)) {
			t.Errorf("%s: %d bytes, content length %d, %v", path, len(body), response.ContentLength, err)
		}
	}
	input.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestSmallAnswer(t *testing.T) {
	if n := len(ceiling.Small()); n != ceiling.SmallSize {
		t.Errorf("%d bytes, want %d", n, ceiling.SmallSize)
	}
}
