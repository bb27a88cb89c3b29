package httpapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	"github.com/douyin-on-dapr/douyin/gateway/internal/httpapi"
)

func TestParseLatest(t *testing.T) {
	for text, want := range map[string]int64{
		"": 0, "0": 0, "-1": 0, "abc": 0, "1e12": 0, " 1": 0, "99999999999999999999": 0,
		"9223372036854775807": 9_223_372_036_854_775_807,
		"9223372036854775":    9_223_372_036_854_775, // in seconds it would overflow
		"1":                   1000,
		"99999999999":         99_999_999_999_000, // seconds, far ahead
		"100000000000":        100_000_000_000,
		"1677758442403":       1_677_758_442_403,
		"1677758442":          1_677_758_442_000,
	} {
		if got := httpapi.ParseLatest(text); got != want {
			t.Errorf("%q means %d, want %d", text, got, want)
		}
	}
}

type feedBody struct {
	Next   int64 `json:"next_time"`
	Videos []struct {
		ID    int64  `json:"id"`
		Title string `json:"title"`
	} `json:"video_list"`
}

func TestFeedPagesByNextTime(t *testing.T) {
	for name, start := range map[string]int64{
		"shown in the past": apitest.Now().UnixMilli() - 1_000_000,
		// The clock of the video service may be ahead of that of the gateway.
		"shown in the gateway's future": apitest.Now().UnixMilli() + 60_000,
	} {
		t.Run(name, func(t *testing.T) { feedPagesFrom(t, start) })
	}
}

func feedPagesFrom(t *testing.T, start int64) {
	t.Helper()
	h := apitest.New(t, nil)
	h.Users.Add("amy", "x")
	for i := range 70 {
		h.Videos.Add(1, start+int64(i), fmt.Sprintf("v%d", i))
	}
	mine := h.TokenOf(t, 1)
	latest, want := "", 69
	for _, size := range []int{30, 30, 10, 30} {
		var page feedBody
		body := h.Get(t, "/douyin/feed", url.Values{"latest_time": {latest}, "token": {mine}})
		if err := json.Unmarshal(body, &page); err != nil {
			t.Fatal(err)
		}
		if len(page.Videos) != size {
			t.Fatalf("latest %q: %d videos, want %d", latest, len(page.Videos), size)
		}
		for _, v := range page.Videos {
			if v.Title != fmt.Sprintf("v%d", want) {
				t.Fatalf("got %s, want v%d", v.Title, want)
			}
			want--
		}
		if want < 0 {
			want = 69 // wraps
		}
		latest = strconv.FormatInt(page.Next, 10)
	}
}

// The encoded page is the same, byte for byte, whoever asks.
func TestFeedIsTheSameForAll(t *testing.T) {
	h := apitest.New(t, nil)
	h.Users.Add("amy", "x")
	h.Videos.Add(1, 1000, "film")
	first := h.Get(t, "/douyin/feed", nil)
	for _, q := range []url.Values{{"token": {h.TokenOf(t, 1)}}, {"token": {"bad"}}, {"latest_time": {"abc"}}, {"latest_time": {"9999999999999"}}, {"latest_time": {"\xff"}}, {"latest_time": {"5", "6"}}} {
		if got := h.Get(t, "/douyin/feed", q); !bytes.Equal(got, first) {
			t.Errorf("%v: %s", q, got)
		}
	}
}
