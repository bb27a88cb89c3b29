package mp4

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"
)

// boxOf is a box with the given content.
func boxOf(kind string, inside ...[]byte) []byte {
	body := bytes.Join(inside, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+8)), kind...), body...)
}

func words(n ...uint32) (all []byte) {
	for _, w := range n {
		all = binary.BigEndian.AppendUint32(all, w)
	}
	return all
}

func moov() []byte {
	entry := boxOf("avc1", make([]byte, videoEntry), boxOf("avcC", []byte{1, 0x64, 0, 0x1f}))
	return boxOf("moov",
		boxOf("trak", boxOf("mdia",
			boxOf("mdhd", words(0, 0, 0, 1000, 0)),
			boxOf("minf", boxOf("stbl", boxOf("stsd", words(0, 1), entry))))),
		boxOf("mvex", boxOf("trex", words(0, 1, 1, 500, 0, 0))))
}

func fragment(start uint32, samples uint32) []byte {
	return append(boxOf("moof", boxOf("traf",
		boxOf("tfhd", words(0, 1)), boxOf("tfdt", words(0, start)), boxOf("trun", words(0, samples)))), boxOf("mdat", []byte("data"))...)
}

func fragmented() []byte {
	return bytes.Join([][]byte{boxOf("ftyp", []byte("isom")), moov(), fragment(0, 4), fragment(2000, 2)}, nil)
}

func TestFragments(t *testing.T) {
	data := fragmented()
	track, err := Fragments(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	header := int64(len(boxOf("ftyp", []byte("isom"))) + len(moov()))
	if track.Codecs != "avc1.64001f" || track.Header != header || len(track.Fragments) != 2 {
		t.Fatalf("%+v", track)
	}
	first, second := track.Fragments[0], track.Fragments[1]
	if first.Offset != header || second.Offset != header+first.Length || second.Offset+second.Length != int64(len(data)) ||
		first.Duration != 2*time.Second || second.Duration != time.Second {
		t.Errorf("%+v", track.Fragments)
	}
	two := append(bytes.Clone(data), moov()...)
	if _, err := Fragments(bytes.NewReader(two), int64(len(two))); err == nil {
		t.Error("two headers were accepted")
	}
}

// sparse is a file that consists of a beginning and zeros. It fails the test if too
// much is read at once.
type sparse struct {
	t     *testing.T
	start []byte
}

func (s sparse) ReadAt(p []byte, at int64) (int, error) {
	if len(p) > maxHeader {
		s.t.Errorf("%d bytes were read at once", len(p))
	}
	clear(p)
	if at < int64(len(s.start)) {
		copy(p, s.start[at:])
	}
	return len(p), nil
}

func TestInspect(t *testing.T) {
	head := func(kind string, size uint32) []byte { return append(words(size), kind...) }
	mp4, mov, data := boxOf("ftyp", []byte("isom")), boxOf("ftyp", []byte("qt  ")), boxOf("mdat", []byte("data"))
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	tests := map[string]struct {
		file []byte
		size int64 // 0: that of file
		want Inspection
	}{
		"header first": {join(mp4, moov(), data), 0, Inspection{FastStart: true}},
		"header last":  {join(mp4, data, moov()), 0, Inspection{}},
		"MOV":          {join(mov, moov(), data), 0, Inspection{FastStart: true, QuickTime: true}},
		"place":        {join(mp4, boxOf("moov", boxOf("udta", boxOf("\xa9xyz", []byte("+48+11/")))), data), 0, Inspection{FastStart: true, HasMetadata: true}},
		"unknown box":  {join(mp4, moov(), boxOf("uuid"), data), 0, Inspection{FastStart: true, HasMetadata: true}},
		"two headers":  {join(mp4, moov(), moov(), data), 0, Inspection{HasMetadata: true}},
		"truncated":    {join(mp4, moov(), data[:10]), 0, Inspection{HasMetadata: true}},
		"large header": {join(mp4, head("moov", 100<<20)), int64(len(mp4)) + 100<<20, Inspection{HasMetadata: true}},
	}
	for name, test := range tests {
		size := test.size
		if size == 0 {
			size = int64(len(test.file))
		}
		if got := Inspect(sparse{t, test.file}, size); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

// Parsing any input ends, and never reads outside of the file.
func FuzzBoxes(f *testing.F) {
	f.Add(fragmented())
	f.Add(append(boxOf("ftyp", []byte("qt  ")), boxOf("free")...))
	f.Add(words(1, 0x6d6f6f76, 0x7fffffff, 0xffffffff))
	f.Add(boxOf("moov", boxOf("trak", words(0xffffffff, 0))))
	f.Fuzz(func(t *testing.T, data []byte) {
		size := int64(len(data))
		Inspect(bytes.NewReader(data), size)
		track, err := Fragments(bytes.NewReader(data), size)
		if err != nil {
			return
		}
		for _, one := range track.Fragments {
			if one.Offset < 0 || one.Length <= 0 || one.Offset+one.Length > size || one.Duration < 0 {
				t.Errorf("%+v of %d bytes", one, size)
			}
		}
	})
}
