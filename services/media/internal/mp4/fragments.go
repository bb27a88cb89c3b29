package mp4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// Track is a fragmented file with one track.
type Track struct {
	Header    int64  // length of the beginning of the file that every fragment needs
	Codecs    string // RFC 6381
	Fragments []Fragment
}

// Fragment is a range of the file that can be decoded with the header alone.
type Fragment struct {
	Offset, Length int64
	Duration       time.Duration
}

// Fragments lists the fragments of a file.
func Fragments(r io.ReaderAt, size int64) (Track, error) {
	all, err := top(r, size)
	if err != nil {
		return Track{}, err
	}
	var track Track
	var timescale uint64
	var defaults sampleDefaults
	var times []fragmentTime
	for i, b := range all {
		switch {
		case b.kind == "moov":
			if track.Header > 0 {
				return Track{}, errors.New("two headers")
			}
			moov, err := content(r, b)
			if err != nil {
				return Track{}, err
			}
			track.Header = b.end()
			if track.Codecs, timescale, defaults, err = describe(moov); err != nil {
				return Track{}, err
			}
		case b.kind == "moof" && i+1 < len(all) && all[i+1].kind == "mdat":
			moof, err := content(r, b)
			if err != nil {
				return Track{}, err
			}
			t, err := timeOf(moof, defaults)
			if err != nil {
				return Track{}, fmt.Errorf("fragment at %d: %w", b.start, err)
			}
			times = append(times, t)
			track.Fragments = append(track.Fragments, Fragment{Offset: b.start, Length: all[i+1].end() - b.start})
		}
	}
	if timescale == 0 {
		return Track{}, errors.New("no header")
	}
	return track, durations(track.Fragments, times, timescale)
}

// durations sets the duration of each fragment to the distance between its start and
// that of the next one. So the durations add up, whatever the rounding of the
// durations of samples.
func durations(fragments []Fragment, times []fragmentTime, timescale uint64) error {
	for i, t := range times {
		ticks := t.ticks
		if i+1 < len(times) {
			if times[i+1].start < t.start {
				return fmt.Errorf("fragment %d begins before the previous one", i+1)
			}
			ticks = times[i+1].start - t.start
		}
		seconds := float64(ticks) / float64(timescale)
		if seconds > math.MaxInt32 {
			return fmt.Errorf("fragment %d of %g s", i, seconds)
		}
		fragments[i].Duration = time.Duration(seconds * float64(time.Second))
	}
	return nil
}

type fragmentTime struct{ start, ticks uint64 }

type sampleDefaults struct{ duration uint32 }

// describe reads the properties that all fragments share.
func describe(moov []byte) (codecs string, timescale uint64, d sampleDefaults, err error) {
	media, err := descend(moov, "trak", "mdia")
	if err != nil {
		return "", 0, d, err
	}
	head, err := descend(media, "mdhd")
	if err != nil {
		return "", 0, d, err
	}
	at := 12
	if len(head) > 0 && head[0] == 1 { // 64 bit times
		at = 20
	}
	if len(head) < at+4 {
		return "", 0, d, errShort
	}
	timescale = uint64(binary.BigEndian.Uint32(head[at:]))
	entry, err := descend(media, "minf", "stbl", "stsd")
	if err != nil {
		return "", 0, d, err
	}
	if codecs, err = codecsOf(entry); err != nil {
		return "", 0, d, err
	}
	if trex, err := descend(moov, "mvex", "trex"); err == nil && len(trex) >= 16 {
		d.duration = binary.BigEndian.Uint32(trex[12:])
	}
	return codecs, timescale, d, nil
}

// The flags of tfhd and trun that announce optional fields.
const (
	tfhdBase     = 0x1
	tfhdEntry    = 0x2
	tfhdDuration = 0x8
	trunOffset   = 0x1
	trunFirst    = 0x4
	trunDuration = 0x100
	trunOptional = 0xf00 // duration, size, flags, offset of each sample: 4 bytes each
)

func timeOf(moof []byte, d sampleDefaults) (fragmentTime, error) {
	traf, err := descend(moof, "traf")
	if err != nil {
		return fragmentTime{}, err
	}
	tfdt, err := descend(traf, "tfdt")
	if err != nil {
		return fragmentTime{}, err
	}
	var t fragmentTime
	switch {
	case len(tfdt) >= 12 && tfdt[0] == 1:
		t.start = binary.BigEndian.Uint64(tfdt[4:])
	case len(tfdt) >= 8 && tfdt[0] == 0:
		t.start = uint64(binary.BigEndian.Uint32(tfdt[4:]))
	default:
		return t, errShort
	}
	duration, err := defaultDuration(traf, d)
	if err != nil {
		return t, err
	}
	trun, err := descend(traf, "trun")
	if err != nil {
		return t, err
	}
	t.ticks, err = ticks(trun, duration)
	return t, err
}

func defaultDuration(traf []byte, d sampleDefaults) (uint32, error) {
	tfhd, err := descend(traf, "tfhd")
	if err != nil || len(tfhd) < 8 {
		return 0, errors.Join(err, errShort)
	}
	flags := binary.BigEndian.Uint32(tfhd) & 0xffffff
	if flags&tfhdDuration == 0 {
		return d.duration, nil
	}
	at := 8
	if flags&tfhdBase != 0 {
		at += 8
	}
	if flags&tfhdEntry != 0 {
		at += 4
	}
	if len(tfhd) < at+4 {
		return 0, errShort
	}
	return binary.BigEndian.Uint32(tfhd[at:]), nil
}

func ticks(trun []byte, duration uint32) (uint64, error) {
	if len(trun) < 8 {
		return 0, errShort
	}
	flags, count := binary.BigEndian.Uint32(trun)&0xffffff, uint64(binary.BigEndian.Uint32(trun[4:]))
	if flags&trunDuration == 0 {
		return count * uint64(duration), nil
	}
	at, step := 8, 0
	for _, flag := range []uint32{trunOffset, trunFirst} {
		if flags&flag != 0 {
			at += 4
		}
	}
	for flag := uint32(trunDuration); flag <= trunOptional; flag <<= 1 {
		if flags&flag != 0 {
			step += 4
		}
	}
	var sum uint64
	for range count {
		if len(trun) < at+4 {
			return 0, errShort
		}
		sum += uint64(binary.BigEndian.Uint32(trun[at:]))
		at += step
	}
	return sum, nil
}
