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
	const nowMS = 1_772_600_767_000
	for text, want := range map[string]int64{
		"": 0, "0": 0, "-1": 0, "abc": 0, "1e12": 0, " 1": 0, "99999999999999999999": 0,
		"9223372036854775807":                 0,
		"9223372036854775":                    0, // in seconds it would overflow
		strconv.Itoa(nowMS):                   0,
		strconv.Itoa(nowMS + 1):               0,
		strconv.Itoa(nowMS - 1):               nowMS - 1,
		strconv.Itoa(nowMS/1000 + 1):          0,
		strconv.Itoa(nowMS/1000 - 1):          nowMS - 1000,
		"1":                                   1000,
		"99999999999":                         0, // seconds, far ahead
		"100000000000":                        100_000_000_000,
		"1677758442403":                       1_677_758_442_403,
		"1677758442":                          1_677_758_442_000,
		strconv.Itoa(nowMS + 10*365*86400000): 0,
	} {
		if got := httpapi.ParseLatest(text, nowMS); got != want {
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
	h := apitest.New(t, nil)
	h.Users.Add("amy", "x")
	start := apitest.Now().UnixMilli() - 1_000_000
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
