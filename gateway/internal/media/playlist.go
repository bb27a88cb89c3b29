package media

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// What goes into a playlist unquoted, or between quotes, must not end them.
var (
	trackName = regexp.MustCompile(`^[a-z0-9]{1,16}$`)
	codecName = regexp.MustCompile(`^[A-Za-z0-9.]{1,64}$`)
)

// masterName is the playlist of all tracks, and so no track.
const masterName = "master"

// version 6 is the first with EXT-X-MAP in a playlist of this kind.
const playlistHead = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n"

// checkIndex refuses what no playlist can be made of.
func checkIndex(in *videov1.HlsIndex) error {
	pictures, seen := 0, map[string]bool{masterName: true}
	for _, t := range in.GetTracks() {
		if seen[t.GetName()] || !trackName.MatchString(t.GetName()) || !codecName.MatchString(t.GetCodecs()) || len(t.GetSegments()) == 0 {
			return indexFault(fmt.Errorf("track %q", t.GetName()))
		}
		seen[t.GetName()] = true
		if !isSound(t) {
			pictures++
		}
	}
	if pictures == 0 {
		return indexFault(fmt.Errorf("no track with pictures"))
	}
	return nil
}

func indexFault(cause error) error {
	return errs.New(errs.Internal, "HLS_INDEX_INVALID", "").WithCause(cause)
}

func isSound(t *videov1.HlsTrack) bool { return t.GetHeight() == 0 }

// masterPlaylist offers every track of pictures, together with the sound. Its
// addresses are relative, so that the video may be served from elsewhere.
func masterPlaylist(in *videov1.HlsIndex) []byte {
	var out bytes.Buffer
	out.WriteString(playlistHead)
	var sound *videov1.HlsTrack
	for _, t := range in.GetTracks() {
		if isSound(t) && sound == nil {
			sound = t
			fmt.Fprintf(&out, "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"sound\",NAME=\"sound\",DEFAULT=YES,AUTOSELECT=YES,URI=\"%s.m3u8\"\n", t.GetName())
		}
	}
	for _, t := range in.GetTracks() {
		if isSound(t) {
			continue
		}
		codecs := []string{t.GetCodecs()}
		if sound != nil {
			codecs = append(codecs, sound.GetCodecs())
		}
		fmt.Fprintf(&out, "#EXT-X-STREAM-INF:BANDWIDTH=%d,AVERAGE-BANDWIDTH=%d,CODECS=\"%s\",RESOLUTION=%dx%d",
			t.GetPeakBandwidth()+sound.GetPeakBandwidth(), t.GetAverageBandwidth()+sound.GetAverageBandwidth(),
			strings.Join(codecs, ","), t.GetWidth(), t.GetHeight())
		if t.GetFrameRate() > 0 {
			fmt.Fprintf(&out, ",FRAME-RATE=%.3f", t.GetFrameRate())
		}
		if sound != nil {
			out.WriteString(",AUDIO=\"sound\"")
		}
		fmt.Fprintf(&out, "\n%s.m3u8\n", t.GetName())
	}
	return out.Bytes()
}

// trackPlaylist lists the segments of one track.
func trackPlaylist(t *videov1.HlsTrack) []byte {
	const second = 1_000_000 // microseconds
	// No segment, rounded to whole seconds, may be longer than the target.
	target := int64(1)
	for _, s := range t.GetSegments() {
		target = max(target, (s.GetDurationUs()+second/2)/second)
	}
	var out bytes.Buffer
	out.WriteString(playlistHead)
	fmt.Fprintf(&out, "#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MAP:URI=\"%s/init.mp4\"\n",
		target, t.GetName())
	for n, s := range t.GetSegments() {
		fmt.Fprintf(&out, "#EXTINF:%d.%06d,\n%s/%05d.m4s\n", s.GetDurationUs()/second, s.GetDurationUs()%second, t.GetName(), n)
	}
	out.WriteString("#EXT-X-ENDLIST\n")
	return out.Bytes()
}
