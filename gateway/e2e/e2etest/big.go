//go:build e2e

package e2etest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"
	"math/rand/v2"
	"testing"
)

// BigFile is a file of any size that is generated while it is read.
type BigFile struct {
	src  io.Reader
	hash hash.Hash
}

// NewBigVideo returns a video that plays. A box that players skip makes it as large
// as size.
func NewBigVideo(t testing.TB, size int64) *BigFile {
	t.Helper()
	movie := WithBox(LongVideo(t), []byte(Random()))
	start := append(movie, binary.BigEndian.AppendUint32(nil, uint32(size-int64(len(movie))))...)
	return newBig(append(start, "free"...), size)
}

// NewBigFile returns a file that starts like a video and does not play: the first
// box of an MP4 and an "mdat" box of noise.
func NewBigFile(size int64) *BigFile {
	mdat := binary.BigEndian.AppendUint32(nil, uint32(size-int64(len(MP4Head))))
	return newBig([]byte(MP4Head+string(mdat)+"mdat"), size)
}

// MP4Head is the first box of an MP4.
const MP4Head = "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"

// newBig continues a start with bytes that do not compress.
func newBig(start []byte, size int64) *BigFile {
	noise := rand.NewChaCha8([32]byte{1})
	return &BigFile{
		src:  io.MultiReader(bytes.NewReader(start), io.LimitReader(noise, size-int64(len(start)))),
		hash: sha256.New(),
	}
}

// Read generates the next bytes.
func (b *BigFile) Read(p []byte) (int, error) {
	n, err := b.src.Read(p)
	b.hash.Write(p[:n])
	return n, err
}

// Sum is the SHA-256 of the bytes read so far.
func (b *BigFile) Sum() [32]byte { return [32]byte(b.hash.Sum(nil)) }
