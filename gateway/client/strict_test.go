package client

import (
	"strings"
	"testing"
)

func TestStrictDecoding(t *testing.T) {
	const user = `{"id":1,"name":"a","follow_count":0,"follower_count":0,"is_follow":false,"avatar":"x",` +
		`"background_image":"x","signature":"","total_favorited":0,"work_count":0,"favorite_count":0}`
	ok := `{"status_code":0,"status_msg":"","user":` + user + `}`
	if err := decodeStrict([]byte(ok), new(UserResponse)); err != nil {
		t.Fatalf("a correct body is refused: %v", err)
	}
	bad := map[string]string{
		"null object":       `{"status_code":0,"status_msg":"","user":null}`,
		"missing field":     strings.Replace(ok, `"signature":"",`, "", 1),
		"number as string":  strings.Replace(ok, `"id":1`, `"id":"1"`, 1),
		"null string":       strings.Replace(ok, `"name":"a"`, `"name":null`, 1),
		"other case of key": strings.Replace(ok, `"work_count"`, `"Work_Count"`, 1),
		"unknown field":     strings.Replace(ok, `"id":1`, `"id":1,"password_hash":"x"`, 1),
		"two values":        ok + ok,
		"not JSON":          "<html>",
	}
	for name, body := range bad {
		if err := decodeStrict([]byte(body), new(UserResponse)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, body := range map[string]string{
		"null list":    `{"status_code":0,"status_msg":"","next_time":1,"video_list":null}`,
		"missing list": `{"status_code":0,"status_msg":"","next_time":1}`,
	} {
		if err := decodeStrict([]byte(body), new(FeedResponse)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := decodeStrict([]byte(ok), new(AnyResponse)); err != nil {
		t.Errorf("any response: %v", err)
	}
}
