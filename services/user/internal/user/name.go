package user

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// MaxNameLength and MaxPasswordLength count characters, not bytes: code points
// of the composed form (NFC), so that "é" is one however a keyboard sends it.
const (
	MaxNameLength     = 32
	MaxPasswordLength = 32
)

// maxRawBytes bounds what is looked at. No composed character takes more than
// four code points of four bytes.
const maxRawBytes = MaxNameLength * 4 * utf8.UTFMax

// NameKey is what makes a name unique: two names with one key look the same to
// a reader, or differ in case only. A name is stored and shown as it was typed;
// the key serves for comparing, at registration and at login, so that a blank
// which a keyboard added locks nobody out.
//
// NameKey answers ErrNameInvalid for a name that nobody may have: empty, longer
// than MaxNameLength, not UTF-8, without a visible character, or with
// characters that would spoil a line of text (control characters, line
// separators, switches of the writing direction).
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

// fold compares names by compatible form (full width is the same as half
// width), without case, without invisible characters, and with blanks as single
// spaces between words. Each step can undo the form made by another (a character
// that goes away lets its neighbours compose), hence the second round; it
// leaves nothing for a third, which the fuzz test holds.
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

// dropInvisible removes what Unicode calls ignorable by default, among it the
// joiners inside an emoji: they stay in the name and do not tell two apart.
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
