package jsontext_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/internal/jsontext"
)

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{
		"", "plain", "空 👋", `"quoted"`, `back\slash`, "<b>&amp;</b>", "\n\r\t\b\f\x00\x1f\x7f", "\u2028 \u2029", "bad \xff utf8", "\ufffd", "cut \xe4\xb8",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := jsontext.AppendString(nil, s); string(got) != string(want) {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	})
}

func TestObject(t *testing.T) {
	type inner struct {
		N int64 `json:"n"`
	}
	type outer struct {
		Text  string  `json:"text"`
		Big   int64   `json:"big"`
		Yes   bool    `json:"yes"`
		One   inner   `json:"one"`
		List  []inner `json:"list"`
		Empty []inner `json:"empty"`
	}
	value := outer{"a {", math.MinInt64, true, inner{1}, []inner{{2}, {3}}, []inner{}}
	one := func(b []byte, i *inner) []byte { return append(jsontext.AppendInt(append(b, '{'), "n", i.N), '}') }
	got := jsontext.AppendField([]byte{'{'}, "text", value.Text)
	got = jsontext.AppendInt(got, "big", value.Big)
	got = jsontext.AppendBool(got, "yes", value.Yes)
	got = jsontext.AppendObject(got, "one", &value.One, one)
	got = jsontext.AppendList(got, "list", value.List, one)
	got = append(jsontext.AppendList(got, "empty", value.Empty, one), '}')
	want, err := json.Marshal(value)
	if err != nil || string(got) != string(want) {
		t.Errorf("%s\nwant %s, %v", got, want, err)
	}
}
