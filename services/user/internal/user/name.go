package user

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// MaxNameLength and MaxPasswordLength count characters, not bytes: code points of
// the composed form (NFC), so that "é" is one character from every keyboard.
const (
	MaxNameLength     = 32
	MaxPasswordLength = 32
)

// maxRawBytes bounds the input before it is normalized. A composed character
// consists of at most four code points of four bytes.
const maxRawBytes = MaxNameLength * 4 * utf8.UTFMax

// NameKey returns the key by which names are compared: two names with the same key
// look the same or differ only in case. A name is stored and shown as it was
// typed. Registration and login compare keys, so that a space added by a keyboard
// does not lock a user out.
//
// NameKey returns ErrNameInvalid for a name that is empty, longer than
// MaxNameLength, not UTF-8, without a visible character, or contains characters
// that break a line of text: control characters, line separators and changes of
// the writing direction.
func NameKey(name string) (string, error) {
	if len(name) > maxRawBytes || !utf8.ValidString(name) {
		return "", ErrNameInvalid
	}
	if utf8.RuneCountInString(norm.NFC.String(name)) > MaxNameLength {
		return "", ErrNameInvalid
	}
	if strings.ContainsFunc(name, disallowed) {
		return "", ErrNameInvalid
	}
	key := fold(name)
	if key == "" {
		return "", ErrNameInvalid
	}
	return key, nil
}

// fold normalizes a name to its compatibility form (full width equals half width),
// without case and invisible characters, and with single spaces between words.
// Each step can denormalize the result of another, for example when the neighbours
// of a removed character compose. So all steps run twice; the fuzz test checks
// that a third round changes nothing.
func fold(name string) string {
	for range 2 {
		name = strings.Map(dropInvisible, name)
		name = cases.Fold().String(norm.NFKC.String(name))
		name = strings.Map(dropInvisible, norm.NFKC.String(name))
	}
	return strings.Join(strings.Fields(name), " ")
}

func disallowed(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

// dropInvisible removes the characters that Unicode calls default ignorable, such
// as the joiners inside an emoji. They remain in the name, but do not make two
// names different.
func dropInvisible(r rune) rune {
	if unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) {
		return -1
	}
	return r
}

// normalizePassword checks a password and returns the form that is hashed: composed,
// so that a password means the same from every keyboard. Any character may be
// in it, and nothing is trimmed.
func normalizePassword(password string) (string, error) {
	if password == "" || len(password) > maxRawBytes || !utf8.ValidString(password) {
		return "", ErrPasswordInvalid
	}
	composed := norm.NFC.String(password)
	if utf8.RuneCountInString(composed) > MaxPasswordLength {
		return "", ErrPasswordInvalid
	}
	return composed, nil
}
