package request

import (
	"net/http"
	"strings"
)

// Language of the sentences that the client shows.
type Language string

// The languages of the sentences.
const (
	Chinese Language = "zh"
	English Language = "en"
)

// sentence is a text in all languages.
type sentence struct{ zh, en string }

func (s sentence) in(l Language) string {
	if l == English {
		return s.en
	}
	return s.zh
}

// languageOf returns the first choice of the client if it is one of the
// languages, otherwise the default. The phone sends the language of its system.
func languageOf(r *http.Request, standard Language) Language {
	first := strings.ToLower(strings.TrimSpace(r.Header.Get("Accept-Language")))
	switch {
	case strings.HasPrefix(first, "en"):
		return English
	case strings.HasPrefix(first, "zh"):
		return Chinese
	}
	return standard
}
