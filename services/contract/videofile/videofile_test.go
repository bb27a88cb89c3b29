package videofile_test

import (
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/contract/videofile"
)

func TestContentType(t *testing.T) {
	for head, want := range map[string]string{
		"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00":             videofile.MP4,
		"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00":             videofile.MP4,
		"\x00\x00\x00\x08wide\x00\x00\x10\x00mdat":             videofile.MP4,
		"\x00\x00\x00\x01mdat\x00\x00\x00\x00\x10\x00\x00\x00": videofile.MP4,
		"\x00\x00\x00\x00moov\x00\x00\x00\x00":                 videofile.MP4,
		"\x00\x00\x10\x00free\x00\x00\x00\x00":                 videofile.MP4,
		"\x00\x00\x10\x00skip\x00\x00\x00\x00":                 videofile.MP4,
		"\x00\x00\x00\x14pnot\xc0\x00\x00\x00\x00\x00PICT":     videofile.MP4, // QuickTime with a preview
		"\x00\x00\x00\x04ftypisom":                             "",            // shorter than its own header
		"\x00\x00\x00\x20ftyp":                                 "",
		"\x00\x00\x00\x20fty":                                  "",
		"\x00\x00\x00\x20html<script>":                         "",
		"ftyp\x00\x00\x00\x20isom":                             "",
		"\x1aE\xdf\xa3\x01":                                    videofile.WebM,
		"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webmB\x87":     videofile.WebM,
		"\x1aE\xdf\xa3\xa3B\x86\x81\x01B\x82\x88matroskaB\x87": videofile.Matroska,
		"\x1aE\xdf\xa3\x9fB\x82\x84webm....libmatroska":        videofile.WebM,
		"\x1aE\xdf": "",
		"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd":     "",
		"ffconcat version 1.0\nfile '/etc/passwd'":    "",
		"RIFF\x00\x00\x00\x00AVI LIST":                "",
		"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR":       "",
		"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00":     "",
		"FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00": "",
		strings.Repeat("\x00", videofile.HeadBytes):   "",
		"": "",
	} {
		if got := videofile.ContentType([]byte(head)); got != want {
			t.Errorf("%q is %q, want %q", head, got, want)
		}
	}
}
