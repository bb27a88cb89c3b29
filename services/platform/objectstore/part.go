package objectstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// A part is: magic, length of the payload (uint32, big endian), CRC-32C of the
// payload (same encoding), payload. The leading zero byte keeps bindings from
// taking a part for base64 or JSON; the last byte of magic is the version.
const headerSize = 12

const magic = "\x00DY\x01"

// seal writes the header in front of the payload, which begins at headerSize.
func seal(buffer []byte) {
	payload := buffer[headerSize:]
	copy(buffer, magic)
	binary.BigEndian.PutUint32(buffer[4:], uint32(len(payload)))
	binary.BigEndian.PutUint32(buffer[8:], checksum(payload))
}

// open verifies a part with length bytes of payload and returns the payload.
func open(part []byte, length int64) ([]byte, error) {
	if len(part) < headerSize || string(part[:len(magic)]) != magic {
		return nil, errors.New("not a part of an object")
	}
	payload := part[headerSize:]
	if said := int64(binary.BigEndian.Uint32(part[4:])); said != length || int64(len(payload)) != length {
		return nil, fmt.Errorf("%d bytes, header says %d, manifest says %d", len(payload), said, length)
	}
	if binary.BigEndian.Uint32(part[8:]) != checksum(payload) {
		return nil, errors.New("wrong checksum")
	}
	return payload, nil
}

func checksum(payload []byte) uint32 {
	return crc32.Checksum(payload, crc32.MakeTable(crc32.Castagnoli))
}
