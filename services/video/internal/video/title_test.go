package video_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/video/internal/video"
)

func TestCleanTitle(t *testing.T) {
	tests := []struct{ name, raw, want string }{ // want "" = refused
		{"Plain", "cat", "cat"},
		{"Chinese", "我的第一个视频", "我的第一个视频"},
		{"JoinedEmoji", "👨‍👩‍👧", "👨‍👩‍👧"},
		{"SurroundingSpace", "\t 　cat in a box\r\n", "cat in a box"},
		{"PathStaysText", "../../etc/passwd", "../../etc/passwd"},
		{"MarkupStaysText", "<b>&", "<b>&"},
		{"Longest", strings.Repeat("猫", 128), strings.Repeat("猫", 128)},
		{"LongestOnceTrimmed", " " + strings.Repeat("a", 128) + " ", strings.Repeat("a", 128)},
		{"TooLong", strings.Repeat("猫", 129), ""},
		{"Empty", "", ""},
		{"Blank", " 　\n", ""},
		{"NewlineInside", "a\nb", ""},
		{"NUL", "a\x00b", ""},
		{"Delete", "a\x7fb", ""},
		{"C1Control", "a\u0085b", ""},
		{"NotUTF8", "a\xffb", ""},
		{"HalfACharacter", "猫"[:2], ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := video.CleanTitle(tt.raw)
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("CleanTitle(%q) = %q, %v; want %q", tt.raw, got, err, tt.want)
			}
			if err != nil && !errors.Is(err, video.ErrTitleInvalid) {
				t.Errorf("refused with %v", err)
			}
		})
	}
}
