package mp4

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The length of a sample entry before its boxes, in bytes.
const (
	videoEntry = 78
	audioEntry = 28
)

// codecsOf is the codec of a track as RFC 6381 writes it, read from the
// configuration of the decoder.
func codecsOf(stsd []byte) (string, error) {
	if len(stsd) < 16 {
		return "", errShort
	}
	entry := stsd[8:]
	length := int(binary.BigEndian.Uint32(entry))
	if length < 8 || length > len(entry) {
		return "", errShort
	}
	kind, body := string(entry[4:8]), entry[8:length]
	switch kind {
	case "avc1":
		if len(body) < videoEntry {
			return "", errShort
		}
		config, err := descend(body[videoEntry:], "avcC")
		if err != nil || len(config) < 4 {
			return "", errors.Join(err, errShort)
		}
		return fmt.Sprintf("avc1.%02x%02x%02x", config[1], config[2], config[3]), nil
	case "mp4a":
		if len(body) < audioEntry {
			return "", errShort
		}
		esds, err := descend(body[audioEntry:], "esds")
		if err != nil || len(esds) < 4 {
			return "", errors.Join(err, errShort)
		}
		return audioCodec(esds[4:])
	default:
		return "", fmt.Errorf("sample entry %q", kind)
	}
}

// The tags of MPEG-4 descriptors.
const (
	tagStream  = 3
	tagDecoder = 4
	tagSetup   = 5
)

func audioCodec(esds []byte) (string, error) {
	stream, err := descriptor(esds, tagStream)
	if err != nil || len(stream) < 3 {
		return "", errors.Join(err, errShort)
	}
	skip := 3
	if stream[2]&0x80 != 0 { // has the id of another stream
		skip += 2
	}
	if stream[2]&0x40 != 0 && len(stream) > skip { // has a URL
		skip += 1 + int(stream[skip])
	}
	if stream[2]&0x20 != 0 { // has the id of a clock
		skip += 2
	}
	if len(stream) < skip {
		return "", errShort
	}
	decoder, err := descriptor(stream[skip:], tagDecoder)
	if err != nil || len(decoder) < 13 {
		return "", errors.Join(err, errShort)
	}
	setup, err := descriptor(decoder[13:], tagSetup)
	if err != nil || len(setup) < 2 {
		return "", errors.Join(err, errShort)
	}
	object := setup[0] >> 3
	if object == 31 {
		object = 32 + (setup[0]&7)<<3 + setup[1]>>5
	}
	return fmt.Sprintf("mp4a.%02x.%d", decoder[0], object), nil
}

// descriptor returns the content of the descriptor at the start of data.
func descriptor(data []byte, tag byte) ([]byte, error) {
	if len(data) < 2 || data[0] != tag {
		return nil, fmt.Errorf("no descriptor %d", tag)
	}
	length := 0
	for i := 1; i < min(5, len(data)); i++ {
		length = length<<7 | int(data[i]&0x7f)
		if data[i]&0x80 == 0 {
			if rest := data[i+1:]; length <= len(rest) {
				return rest[:length], nil
			}
			break
		}
	}
	return nil, errShort
}
