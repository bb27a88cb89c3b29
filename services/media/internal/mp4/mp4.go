// Package mp4 parses MP4 as far as needed to decide whether a file can be published
// unchanged, and to find the segments of a fragmented file. Files are untrusted, so
// every length is checked.
package mp4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	maxTopLevel = 50_000   // boxes of a file
	maxHeader   = 16 << 20 // bytes of a moov, enough for hours
)

// errShort reports a box that ends before its required fields.
var errShort = errors.New("box is too short")

// box is a box of a file, without its header.
type box struct {
	kind         string
	start        int64 // of the header
	offset, size int64 // of the content
}

func (b box) end() int64 { return b.offset + b.size }

// top lists the outermost boxes of a file. If the file is truncated, it returns the
// complete boxes and an error.
func top(r io.ReaderAt, size int64) ([]box, error) {
	var all []box
	for at := int64(0); at < size; {
		b, err := header(r, at, size)
		if err != nil {
			return all, err
		}
		if all = append(all, b); len(all) > maxTopLevel {
			return all, errors.New("too many boxes")
		}
		at = b.end()
	}
	return all, nil
}

func header(r io.ReaderAt, at, size int64) (box, error) {
	var head [16]byte
	n, err := r.ReadAt(head[:min(16, size-at)], at)
	if err != nil && !errors.Is(err, io.EOF) {
		return box{}, err
	}
	if n < 8 {
		return box{}, errShort
	}
	length, used := int64(binary.BigEndian.Uint32(head[:])), int64(8)
	switch {
	case length == 0: // to the end of the file
		length = size - at
	case length == 1 && n == 16:
		length, used = int64(binary.BigEndian.Uint64(head[8:])), 16
	}
	kind := string(head[4:8])
	if length < used || length > size-at {
		return box{}, fmt.Errorf("box %q of %d bytes at %d of %d", kind, length, at, size)
	}
	return box{kind: kind, start: at, offset: at + used, size: length - used}, nil
}

// content reads the content of a box.
func content(r io.ReaderAt, b box) ([]byte, error) {
	if b.size > maxHeader {
		return nil, fmt.Errorf("box %q of %d bytes", b.kind, b.size)
	}
	data := make([]byte, b.size)
	_, err := io.ReadFull(io.NewSectionReader(r, b.offset, b.size), data)
	return data, err
}

// child returns the content of the first box of a kind in data.
func child(data []byte, kind string) ([]byte, bool) {
	for len(data) >= 8 {
		length := int(binary.BigEndian.Uint32(data))
		if length < 8 || length > len(data) {
			return nil, false
		}
		if string(data[4:8]) == kind {
			return data[8:length], true
		}
		data = data[length:]
	}
	return nil, false
}

// descend follows a path of nested boxes.
func descend(data []byte, kinds ...string) ([]byte, error) {
	for _, kind := range kinds {
		inner, ok := child(data, kind)
		if !ok {
			return nil, fmt.Errorf("no box %q", kind)
		}
		data = inner
	}
	return data, nil
}
