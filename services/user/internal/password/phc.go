package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// record is the content of a PHC string:
// $argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<key>
type record struct {
	params Params
	salt   []byte
	key    []byte
}

// Limits of decode, so that a damaged row causes an error instead of exhausting
// memory.
const (
	maxMemoryKiB = 1 << 20
	maxPasses    = 64
	maxField     = 64 // bytes of salt or key
)

// errMalformed contains no part of the hash, because it is logged.
var errMalformed = errors.New("stored credential is not a valid argon2id hash")

func encode(r record) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		r.params.MemoryKiB, r.params.Passes, r.params.Lanes,
		base64.RawStdEncoding.EncodeToString(r.salt), base64.RawStdEncoding.EncodeToString(r.key))
}

func decode(hash string) (record, error) {
	fields := strings.Split(hash, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" {
		return record{}, errMalformed
	}
	if fields[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return record{}, errMalformed
	}
	var r record
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &r.params.MemoryKiB, &r.params.Passes, &r.params.Lanes); err != nil {
		return record{}, errMalformed
	}
	var err error
	if r.salt, err = base64.RawStdEncoding.Strict().DecodeString(fields[4]); err != nil {
		return record{}, errMalformed
	}
	if r.key, err = base64.RawStdEncoding.Strict().DecodeString(fields[5]); err != nil {
		return record{}, errMalformed
	}
	if !r.bounded() || encode(r) != hash {
		return record{}, errMalformed
	}
	return r, nil
}

func (r record) bounded() bool {
	p := r.params
	return p.Passes >= 1 && p.Passes <= maxPasses && p.Lanes >= 1 &&
		p.MemoryKiB >= 8*uint32(p.Lanes) && p.MemoryKiB <= maxMemoryKiB &&
		len(r.salt) >= 8 && len(r.salt) <= maxField && len(r.key) >= 16 && len(r.key) <= maxField
}
