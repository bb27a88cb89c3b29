package video

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxTitle is in characters, not bytes: titles are often Chinese.
const maxTitle = 128

// CleanTitle trims white space and refuses a title that is empty, too long or not
// printable. A title is displayed and never used as a path.
func CleanTitle(raw string) (string, error) {
	if !utf8.ValidString(raw) {
		return "", ErrTitleInvalid
	}
	title := strings.TrimSpace(raw)
	if title == "" || utf8.RuneCountInString(title) > maxTitle || strings.ContainsFunc(title, unicode.IsControl) {
		return "", ErrTitleInvalid
	}
	return title, nil
}
