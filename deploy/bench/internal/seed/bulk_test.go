package seed

import "testing"

func TestLiterals(t *testing.T) {
	for want, value := range map[string]any{
		"NULL": nil, "-7": int64(-7), "8": int32(8), "9": 9, "1": true, "0": false,
		"X'6f27'": "o'", "X'00ff'": []byte{0, 255}, "''": "",
	} {
		got, err := appendLiteral(nil, value)
		if err != nil || string(got) != want {
			t.Errorf("%#v becomes %s, %v, want %s", value, got, err, want)
		}
	}
	if _, err := appendLiteral(nil, 1.5); err == nil {
		t.Error("a float is accepted")
	}
}

func TestRecordColumns(t *testing.T) {
	r := record{columns: []string{"id", "key"}, values: []any{int64(1), []byte("videos/1/source")}}
	r.set("id", int64(2))
	r.set("missing", 3)
	if r.values[0] != int64(2) || r.text("key") != "videos/1/source" || r.text("missing") != "" || len(r.values) != 2 {
		t.Errorf("%+v", r)
	}
}

func TestKeysMoveToAnotherVideo(t *testing.T) {
	extents := `[{"key":"videos/7/1/play","parts":1},{"key":"videos/77/1/cover","parts":1}]`
	want := `[{"key":"videos/8/1/play","parts":1},{"key":"videos/77/1/cover","parts":1}]`
	if got := moved(extents, 7, 8); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
