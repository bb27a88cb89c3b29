package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/httpapi"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// begun is the answer of publish/begin.
type begun struct {
	VideoID   int64 `json:"video_id"`
	PartSize  int64 `json:"part_size"`
	ExpiresAt int64 `json:"expires_at"`
	Parts     []struct {
		Number int    `json:"number"`
		Size   int64  `json:"size"`
		URL    string `json:"url"`
	} `json:"parts"`
}

// directRig has amy, user 1, who uploads straight to the store.
type directRig struct {
	*rig
	token string
}

func newDirectRig(t *testing.T) *directRig {
	t.Helper()
	r := newRig(t, nil)
	return &directRig{rig: r, token: r.tokenOf(t, r.users.Add("amy", "x"))}
}

func (r *directRig) post(t *testing.T, what string, pairs ...string) []byte {
	t.Helper()
	query := url.Values{"token": {r.token}}
	for i := 0; i < len(pairs); i += 2 {
		query.Set(pairs[i], pairs[i+1])
	}
	return r.send(t, http.MethodPost, "/douyin/publish/"+what, query, "", nil)
}

func (r *directRig) begin(t *testing.T, pairs ...string) begun {
	t.Helper()
	body := r.post(t, "begin/", pairs...)
	wantCode(t, "begin", body, 0)
	var b begun
	if err := json.Unmarshal(body, &b); err != nil || b.Parts == nil {
		t.Fatalf("%v in %s", err, body)
	}
	return b
}

// put writes parts of a film as the answer of begin asks for them.
func (r *directRig) put(b begun, film []byte, only func(number int) bool) {
	for _, part := range b.Parts {
		if only(part.Number) {
			at := int64(part.Number-1) * b.PartSize
			r.s3.PutPart(keyOf(b.VideoID), part.Number, film[at:at+part.Size])
		}
	}
}

func (r *directRig) state(t *testing.T, id int64) compose.Status {
	t.Helper()
	body := r.get(t, "/douyin/publish/status/", url.Values{"token": {r.token}, "video_id": {text(id)}})
	wantCode(t, "status", body, 0)
	var s compose.Status
	if err := json.Unmarshal(body, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func keyOf(id int64) string { return fmt.Sprintf("videos/%d", id) }

func text(n int64) string { return strconv.FormatInt(n, 10) }

func all(int) bool { return true }

// film is larger than two parts.
func film() []byte { return movie(17<<20 + 5) }

func TestDirectUpload(t *testing.T) {
	r := newDirectRig(t)
	whole := film()
	b := r.begin(t, "size", strconv.Itoa(len(whole)))
	if len(b.Parts) != 3 || b.PartSize != 8<<20 || b.Parts[2].Size != 1<<20+5 || b.ExpiresAt != now.Add(2*time.Hour).UnixMilli() {
		t.Fatalf("%+v", b)
	}
	if want := fmt.Sprintf("http://store.example/videos/%d?part=2&size=8388608&life=1h0m0s", b.VideoID); b.Parts[1].URL != want {
		t.Errorf("address %s, want %s", b.Parts[1].URL, want)
	}
	if s := r.state(t, b.VideoID); s.State != "uploading" || s.UploadedBytes != 0 || s.TotalBytes != int64(len(whole)) || s.VideoID != b.VideoID {
		t.Errorf("%+v", s)
	}
	r.put(b, whole, func(n int) bool { return n == 2 })
	if s := r.state(t, b.VideoID); s.UploadedBytes != 8<<20 {
		t.Errorf("%+v", s)
	}
	wantCode(t, "complete too early", r.post(t, "complete/", "video_id", text(b.VideoID), "title", "t"), 3012)

	// Another day the client goes on with what is missing.
	on := r.begin(t, "video_id", text(b.VideoID))
	if len(on.Parts) != 2 || on.Parts[0].Number != 1 || on.Parts[1].Number != 3 || on.VideoID != b.VideoID || on.PartSize != b.PartSize {
		t.Fatalf("%+v", on)
	}
	r.put(on, whole, all)
	golden(t, "publish_complete", r.post(t, "complete/", "video_id", text(b.VideoID), "title", "t"))
	v := r.videos.Published()[0]
	source := v.GetSource()
	if v.GetTitle() != "t" || v.GetAuthorId() != 1 || source.GetSize() != int64(len(whole)) || source.GetLayout() != videov1.Layout_LAYOUT_WHOLE ||
		source.GetContentType() != "video/mp4" || source.GetKey() != keyOf(b.VideoID) || source.GetPartSize() != 2<<20 || len(source.GetSha256()) != 32 {
		t.Errorf("%+v", v)
	}
	if s := r.state(t, b.VideoID); s.State != "uploaded" || s.UploadedBytes != int64(len(whole)) || s.PlayURL == "" {
		t.Errorf("%+v", s)
	}
	wantCode(t, "again", r.post(t, "complete/", "video_id", text(b.VideoID), "title", "other"), 0)
	if n := len(r.videos.Published()); n != 1 {
		t.Errorf("%d videos", n)
	}
	if done := r.begin(t, "video_id", text(b.VideoID)); len(done.Parts) != 0 {
		t.Errorf("a video still wants %+v", done.Parts)
	}
}

func TestDirectUploadGolden(t *testing.T) {
	r := newDirectRig(t)
	golden(t, "publish_begin", r.post(t, "begin/", "size", "9000000"))
	golden(t, "publish_begin_refused", r.post(t, "begin/"))
	golden(t, "publish_status_uploading", r.get(t, "/douyin/publish/status", url.Values{"token": {r.token}, "video_id": {"1001"}}))
	golden(t, "publish_complete_early", r.post(t, "complete/", "video_id", "1001", "title", "t"))
}

func TestDirectUploadsThatAreRefused(t *testing.T) {
	r := newDirectRig(t)
	open := text(r.begin(t, "size", "100").VideoID)
	for _, c := range []struct {
		what string
		body []byte
		want int32
	}{
		{"no size", r.post(t, "begin"), 1001},
		{"empty", r.post(t, "begin", "size", "0"), 3002},
		{"below 0", r.post(t, "begin", "size", "-1"), 1002},
		{"no number", r.post(t, "begin", "size", "x"), 1002},
		{"too large", r.post(t, "begin", "size", strconv.Itoa(maxDirect+1)), 3003},
		{"unknown upload", r.post(t, "begin", "video_id", "404"), 3007},
		{"of a guest", r.post(t, "begin", "size", "100", "token", ""), 2001},
		{"of somebody else", r.post(t, "begin", "video_id", open, "token", r.tokenOf(t, 2)), 3007},
		{"complete for somebody else", r.post(t, "complete", "video_id", open, "title", "t", "token", r.tokenOf(t, 2)), 3007},
		{"complete by a guest", r.post(t, "complete", "video_id", open, "title", "t", "token", ""), 2001},
		{"complete without id", r.post(t, "complete", "title", "t"), 1001},
		{"complete without title", r.post(t, "complete", "video_id", open), 3005},
		{"complete with spaces for a title", r.post(t, "complete", "video_id", open, "title", "  "), 3005},
		{"complete nothing", r.post(t, "complete", "video_id", "404", "title", "t"), 3007},
		{"status for somebody else", r.get(t, "/douyin/publish/status", url.Values{"video_id": {open}, "token": {r.tokenOf(t, 2)}}), 3009},
		{"status for a guest", r.get(t, "/douyin/publish/status", url.Values{"video_id": {open}}), 3009},
	} {
		wantCode(t, c.what, c.body, c.want)
	}
	if r.videos.Open() != 1 || r.s3.Len() != 1 {
		t.Errorf("%d open uploads, %d in the store; want that of amy", r.videos.Open(), r.s3.Len())
	}
	r.videos.Fail("BeginUpload", errs.New(errs.Exhausted, "UPLOADS_TOO_MANY", ""))
	wantCode(t, "too many", r.post(t, "begin", "size", "100"), 3008)

	none := newRig(t, func(d *httpapi.Deps, _ *httpapi.UploadLimits) { d.Direct = nil })
	token := none.tokenOf(t, none.users.Add("amy", "x"))
	for _, what := range []string{"begin", "complete"} {
		body := none.send(t, http.MethodPost, "/douyin/publish/"+what, url.Values{"token": {token}, "size": {"1"}, "video_id": {"7"}, "title": {"t"}}, "", nil)
		wantCode(t, what+" without a store", body, 3011)
	}
}

// A form that is being sent is nobody's direct upload.
func TestFormUploadIsNotGoneOnWith(t *testing.T) {
	r := newDirectRig(t)
	begun, err := r.videos.BeginUpload(t.Context(), &videov1.BeginUploadRequest{AuthorId: 1})
	if err != nil {
		t.Fatal(err)
	}
	id := text(begun.GetVideoId())
	wantCode(t, "begin", r.post(t, "begin", "video_id", id), 3007)
	wantCode(t, "complete", r.post(t, "complete", "video_id", id, "title", "t"), 3007)
	if s := r.state(t, begun.GetVideoId()); s.State != "uploading" || s.TotalBytes != 0 {
		t.Errorf("%+v", s)
	}
}

// Parts of another size than was asked for are no parts.
func TestPartsOfAnotherSizeAreMissing(t *testing.T) {
	r := newDirectRig(t)
	whole := film()
	b := r.begin(t, "size", strconv.Itoa(len(whole)))
	r.put(b, whole, all)
	for _, wrong := range [][]byte{nil, whole[:100], whole[:8<<20+1]} {
		r.s3.PutPart(keyOf(b.VideoID), 2, wrong)
		wantCode(t, "complete", r.post(t, "complete", "video_id", text(b.VideoID), "title", "t"), 3012)
		if on := r.begin(t, "video_id", text(b.VideoID)); len(on.Parts) != 1 || on.Parts[0].Number != 2 {
			t.Errorf("%+v", on)
		}
	}
	if len(r.videos.Published()) != 0 {
		t.Error("published")
	}
}

// What is no video is refused and leaves nothing, as when it comes in a form.
func TestDirectUploadOfNoVideoLeavesNothing(t *testing.T) {
	for _, content := range []string{"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "<svg/>", "x"} {
		r := newDirectRig(t)
		b := r.begin(t, "size", strconv.Itoa(len(content)))
		r.s3.PutPart(keyOf(b.VideoID), 1, []byte(content))
		wantCode(t, content, r.post(t, "complete", "video_id", text(b.VideoID), "title", "t"), 3004)
		wantCode(t, content+" again", r.post(t, "complete", "video_id", text(b.VideoID), "title", "t"), 3007)
		if r.videos.Open() != 0 || r.s3.Len() != 0 || len(r.videos.Published()) != 0 {
			t.Errorf("%q: %d open, %d in the store, %d videos", content, r.videos.Open(), r.s3.Len(), len(r.videos.Published()))
		}
	}
}

// What fails on the way may be repeated, wherever it failed, and ends in one
// video.
func TestDirectUploadSurvivesFaultsAnywhere(t *testing.T) {
	down := errs.New(errs.Unavailable, "", "")
	small := movie(5000)
	for _, fault := range []struct {
		where string
		begin bool // it hits the begin, else the completion
		set   func(*rig)
	}{
		{"begin", true, func(r *rig) { r.videos.Fail("BeginUpload", down) }},
		{"open", true, func(r *rig) { r.s3.Fail("BeginMultipart", down) }},
		{"presign", true, func(r *rig) { r.s3.Fail("PresignParts", down) }},
		{"find", false, func(r *rig) { r.videos.Fail("GetUpload", down) }},
		{"list", false, func(r *rig) { r.s3.Fail("UploadedParts", down) }},
		{"join", false, func(r *rig) { r.s3.Fail("CompleteMultipart", down) }},
		{"join, answer lost", false, func(r *rig) { r.s3.Fail("CompleteMultipart answer", down) }},
		{"stat", false, func(r *rig) { r.s3.Fail("Stat", down) }},
		{"sniff", false, func(r *rig) { r.s3.Fail("GetRange", down) }},
		{"commit", false, func(r *rig) { r.videos.Fail("CommitUpload", down, down) }},
		{"commit, answers lost", false, func(r *rig) { r.videos.LoseCommits = true }},
		{"title", false, func(r *rig) { r.videos.Fail("CommitUpload", errs.New(errs.Invalid, "TITLE_INVALID", "")) }},
	} {
		r := newDirectRig(t)
		if fault.begin {
			fault.set(r.rig)
			if code(t, r.post(t, "begin", "size", "5000")) == 0 {
				t.Errorf("%s: no error", fault.where)
			}
			if r.videos.Open() != 0 || r.s3.Len() != 0 {
				t.Errorf("%s: %d open, %d in the store", fault.where, r.videos.Open(), r.s3.Len())
			}
		}
		b := r.begin(t, "size", "5000")
		r.put(b, small, all)
		if !fault.begin {
			fault.set(r.rig)
			if code(t, r.post(t, "complete", "video_id", text(b.VideoID), "title", "t")) == 0 {
				t.Errorf("%s: no error", fault.where)
			}
			r.videos.LoseCommits = false
			if on := r.begin(t, "video_id", text(b.VideoID)); len(on.Parts) != 0 {
				t.Errorf("%s: asks again for %+v", fault.where, on.Parts)
			}
		}
		wantCode(t, fault.where+", repeated", r.post(t, "complete", "video_id", text(b.VideoID), "title", "t"), 0)
		if n := len(r.videos.Published()); n != 1 || r.videos.Open() != 0 || r.s3.Len() != 1 {
			t.Errorf("%s: %d videos, %d open, %d in the store", fault.where, n, r.videos.Open(), r.s3.Len())
		}
	}
}

// A begin that died between the video service and the store is gone on with.
func TestBeginThatGotHalfWay(t *testing.T) {
	r := newDirectRig(t)
	half, err := r.videos.BeginUpload(t.Context(), &videov1.BeginUploadRequest{AuthorId: 1, DeclaredSize: 5000, Direct: true})
	if err != nil {
		t.Fatal(err)
	}
	id := text(half.GetVideoId())
	wantCode(t, "complete", r.post(t, "complete", "video_id", id, "title", "t"), 3012)
	b := r.begin(t, "video_id", id)
	if len(b.Parts) != 1 || b.Parts[0].Size != 5000 {
		t.Fatalf("%+v", b)
	}
	r.put(b, movie(5000), all)
	wantCode(t, "complete", r.post(t, "complete", "video_id", id, "title", "t"), 0)
}

// Addresses never outlive the upload.
func TestAddressesEndWithTheUpload(t *testing.T) {
	r := newDirectRig(t)
	for left, want := range map[time.Duration]string{5 * time.Hour: "1h0m0s", 90 * time.Second: "1m30s"} {
		r.videos.ExpiresAtMS = now.Add(left).UnixMilli()
		if b := r.begin(t, "size", "100"); !strings.HasSuffix(b.Parts[0].URL, "life="+want) {
			t.Errorf("%s left: %s", left, b.Parts[0].URL)
		}
	}
	r.videos.ExpiresAtMS = now.UnixMilli()
	open := r.videos.Open()
	wantCode(t, "expired", r.post(t, "begin", "size", "100"), 3007)
	if r.videos.Open() != open {
		t.Error("an upload that nobody knows of stays open")
	}
}

func TestPartsCoverEveryByte(t *testing.T) {
	const partSize = 8 << 20
	for _, size := range []int64{1, partSize - 1, partSize, partSize + 1, 512 << 20, 8000<<20 + 1} {
		sizes := httpapi.LayOut(size, partSize)
		var sum int64
		for _, s := range sizes[:len(sizes)-1] {
			sum += s
			if s != partSize {
				t.Errorf("%d: parts of %d and %d", size, sizes[0], s)
			}
		}
		last := sizes[len(sizes)-1]
		if sum+last != size || last <= 0 || last > partSize {
			t.Errorf("%d: %d parts, the last of %d", size, len(sizes), last)
		}
	}
}
