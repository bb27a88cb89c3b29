package user_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/douyin-on-dapr/douyin/services/user/internal/user"
)

func TestNameKeyAcceptsRealNames(t *testing.T) {
	tests := map[string]struct{ name, want string }{
		"one letter":                 {"a", "a"},
		"case":                       {"DouyinTestUserA", "douyintestusera"},
		"case of other scripts":      {"ΣΊΣΥΦΟΣ", "σίσυφοσ"},
		"sharp s":                    {"Straße", "strasse"},
		"chinese":                    {"抖音用户", "抖音用户"},
		"full width":                 {"Ａｍｙ１", "amy1"},
		"decomposed":                 {"Jose\u0301", "josé"},
		"ligature":                   {"ﬁn", "fin"},
		"surrounding blanks":         {" amy\u3000", "amy"},
		"inner blanks":               {"amy \u00a0 lee", "amy lee"},
		"e-mail":                     {"amy@example.com", "amy@example.com"},
		"markup":                     {"<b>%s';--", "<b>%s';--"},
		"zero width space":           {"a\u200bmy", "amy"},
		"soft hyphen":                {"a\u00admy", "amy"},
		"joined emoji":               {"👨\u200d👩", "👨👩"},
		"emoji presentation":         {"❤\ufe0f", "❤"},
		"invisible between a letter": {"e\u034f\u0301", "é"},
		"32 letters":                 {strings.Repeat("A", 32), strings.Repeat("a", 32)},
		"32 chinese characters":      {strings.Repeat("音", 32), strings.Repeat("音", 32)},
		"32 emoji":                   {strings.Repeat("😀", 32), strings.Repeat("😀", 32)},
		"32 letters in 64 points":    {strings.Repeat("e\u0301", 32), strings.Repeat("é", 32)},
		"32 that fold to 18 each":    {strings.Repeat("\ufdfa", 32), strings.Repeat("صلى الله عليه وسلم", 32)},
		"the replacement character":  {"\ufffd", "\ufffd"},
	}
	for label, test := range tests {
		t.Run(label, func(t *testing.T) {
			got, err := user.NameKey(test.name)
			if err != nil || got != test.want {
				t.Errorf("NameKey(%q) = %q, %v, want %q", test.name, got, err, test.want)
			}
		})
	}
}

func TestNameKeyRefuses(t *testing.T) {
	tests := map[string]string{
		"empty":                    "",
		"a blank":                  " ",
		"wide blanks":              "\u3000\u2003",
		"33 letters":               strings.Repeat("a", 33),
		"33 chinese characters":    strings.Repeat("音", 33),
		"33 with a blank":          strings.Repeat("a", 32) + " ",
		"a megabyte":               strings.Repeat("a", 1<<20),
		"a letter under 600 marks": "a" + strings.Repeat("\u0301", 600),
		"not UTF-8":                "amy\xff",
		"half a character":         "\xe6\x8a",
		"a surrogate":              "\xed\xa0\x80",
		"NUL":                      "amy\x00",
		"line feed":                "amy\nbob",
		"tab":                      "amy\tbob",
		"delete":                   "amy\x7f",
		"next line":                "amy\u0085",
		"line separator":           "amy\u2028",
		"paragraph separator":      "amy\u2029",
		"right-to-left override":   "amy\u202egpj.exe",
		"isolate":                  "\u2066amy",
		"only invisible":           "\u200b\u2060\ufeff",
		"only fillers":             "\u3164\uffa0\u115f",
		"only a variation":         "\ufe0f",
	}
	for label, name := range tests {
		t.Run(label, func(t *testing.T) {
			if key, err := user.NameKey(name); !errors.Is(err, user.ErrNameInvalid) {
				t.Errorf("NameKey(%q) = %q, %v, want ErrNameInvalid", name, key, err)
			}
		})
	}
}

// The key of a key is the key itself. Otherwise two names could share a normalized
// form and have different keys.
func FuzzNameKeyIsStable(f *testing.F) {
	for _, seed := range []string{"Amy", "e\u034f\u0301", "ΐ\u200b\u0345", "\ufdfa", "\u1e9e\u0345", "ᾳ\u0301", "㎏ ", "\u00b4a", "İ", "\u3164a\u0308\u0323", "\u0345\u0301α"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		key, err := user.NameKey(name)
		if err != nil {
			return
		}
		if key == "" || !utf8.ValidString(key) {
			t.Fatalf("NameKey(%q) = %q", name, key)
		}
		if utf8.RuneCountInString(key) > 640 {
			t.Fatalf("key of %q has %d characters, more than the column", name, utf8.RuneCountInString(key))
		}
		if utf8.RuneCountInString(name) > 128 {
			t.Fatalf("%q has more code points than the column", name)
		}
		if again, err := user.NameKey(key); err == nil && again != key {
			t.Fatalf("NameKey(%q) = %q, and NameKey of that = %q", name, key, again)
		}
	})
}
