package upload_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/gateway/internal/apitest"
	"github.com/douyin-on-dapr/douyin/gateway/internal/compose"
	"github.com/douyin-on-dapr/douyin/gateway/internal/httpapi"
	"github.com/douyin-on-dapr/douyin/gateway/internal/upload"
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

// directHarness has amy, user 1, who uploads straight to the store.
type directHarness struct {
	*apitest.Harness
	token string
}

func newDirectHarness(t *testing.T) *directHarness {
	t.Helper()
	h := apitest.New(t, nil)
	return &directHarness{Harness: h, token: h.TokenOf(t, h.Users.Add("amy", "x"))}
}

func (h *directHarness) post(t *testing.T, what string, pairs ...string) []byte {
	t.Helper()
	query := url.Values{"token": {h.token}}
	for i := 0; i < len(pairs); i += 2 {
		query.Set(pairs[i], pairs[i+1])
	}
	return h.Send(t, http.MethodPost, "/douyin/publish/"+what, query, "", nil)
}

func (h *directHarness) begin(t *testing.T, pairs ...string) begun {
	t.Helper()
	body := h.post(t, "begin/", pairs...)
	apitest.WantCode(t, "begin", body, 0)
	var b begun
	if err := json.Unmarshal(body, &b); err != nil || b.Parts == nil {
		t.Fatalf("%v in %s", err, body)
	}
	return b
}

// put writes the parts that the answer of begin asks for.
func (h *directHarness) put(b begun, film []byte, only func(number int) bool) {
	for _, part := range b.Parts {
		if only(part.Number) {
			at := int64(part.Number-1) * b.PartSize
			h.S3.PutPart(keyOf(b.VideoID), part.Number, film[at:at+part.Size])
		}
	}
}

func (h *directHarness) state(t *testing.T, id int64) compose.Status {
	t.Helper()
	body := h.Get(t, "/douyin/publish/status/", url.Values{"token": {h.token}, "video_id": {text(id)}})
	apitest.WantCode(t, "status", body, 0)
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
func film() []byte { return apitest.Movie(17<<20 + 5) }

func TestDirectUpload(t *testing.T) {
	h := newDirectHarness(t)
	whole := film()
	b := h.begin(t, "size", strconv.Itoa(len(whole)))
	if len(b.Parts) != 3 || b.PartSize != 8<<20 || b.Parts[2].Size != 1<<20+5 || b.ExpiresAt != apitest.Now().Add(2*time.Hour).UnixMilli() {
		t.Fatalf("%+v", b)
	}
	if want := fmt.Sprintf("http://store.example/videos/%d?part=2&size=8388608&life=1h0m0s", b.VideoID); b.Parts[1].URL != want {
		t.Errorf("address %s, want %s", b.Parts[1].URL, want)
	}
	if s := h.state(t, b.VideoID); s.State != "uploading" || s.UploadedBytes != 0 || s.TotalBytes != int64(len(whole)) || s.VideoID != b.VideoID {
		t.Errorf("%+v", s)
	}
	h.put(b, whole, func(n int) bool { return n == 2 })
	if s := h.state(t, b.VideoID); s.UploadedBytes != 8<<20 {
		t.Errorf("%+v", s)
	}
	apitest.WantCode(t, "complete too early", h.post(t, "complete/", "video_id", text(b.VideoID), "title", "t"), 3012)

	// Another day the client continues with the missing parts.
	on := h.begin(t, "video_id", text(b.VideoID))
	if len(on.Parts) != 2 || on.Parts[0].Number != 1 || on.Parts[1].Number != 3 || on.VideoID != b.VideoID || on.PartSize != b.PartSize {
		t.Fatalf("%+v", on)
	}
	h.put(on, whole, all)
	apitest.WantCode(t, "complete", h.post(t, "complete/", "video_id", text(b.VideoID), "title", "t"), 0)
	v := h.Videos.Published()[0]
	source := v.GetSource()
	if v.GetTitle() != "t" || v.GetAuthorId() != 1 || source.GetSize() != int64(len(whole)) || source.GetLayout() != videov1.Layout_LAYOUT_WHOLE ||
		source.GetContentType() != "video/mp4" || source.GetKey() != keyOf(b.VideoID) || source.GetPartSize() != 2<<20 || len(source.GetSha256()) != 32 {
		t.Errorf("%+v", v)
	}
	if s := h.state(t, b.VideoID); s.State != "uploaded" || s.UploadedBytes != int64(len(whole)) || s.PlayURL == "" {
		t.Errorf("%+v", s)
	}
	apitest.WantCode(t, "again", h.post(t, "complete/", "video_id", text(b.VideoID), "title", "other"), 0)
	if n := len(h.Videos.Published()); n != 1 {
		t.Errorf("%d videos", n)
	}
	if done := h.begin(t, "video_id", text(b.VideoID)); len(done.Parts) != 0 {
		t.Errorf("a video still misses %+v", done.Parts)
	}
}

func TestDirectUploadsThatAreRefused(t *testing.T) {
	h := newDirectHarness(t)
	open := text(h.begin(t, "size", "100").VideoID)
	for _, c := range []struct {
		what string
		body []byte
		want int32
	}{
		{"no size", h.post(t, "begin"), 1001},
		{"empty", h.post(t, "begin", "size", "0"), 3002},
		{"below 0", h.post(t, "begin", "size", "-1"), 1002},
		{"no number", h.post(t, "begin", "size", "x"), 1002},
		{"too large", h.post(t, "begin", "size", strconv.Itoa(apitest.MaxDirect+1)), 3003},
		{"unknown upload", h.post(t, "begin", "video_id", "404"), 3007},
		{"of a guest", h.post(t, "begin", "size", "100", "token", ""), 2001},
		{"of somebody else", h.post(t, "begin", "video_id", open, "token", h.TokenOf(t, 2)), 3007},
		{"complete for somebody else", h.post(t, "complete", "video_id", open, "title", "t", "token", h.TokenOf(t, 2)), 3007},
		{"complete by a guest", h.post(t, "complete", "video_id", open, "title", "t", "token", ""), 2001},
		{"complete without id", h.post(t, "complete", "title", "t"), 1001},
		{"complete without title", h.post(t, "complete", "video_id", open), 3005},
		{"complete with spaces for a title", h.post(t, "complete", "video_id", open, "title", "  "), 3005},
		{"complete nothing", h.post(t, "complete", "video_id", "404", "title", "t"), 3007},
		{"status for somebody else", h.Get(t, "/douyin/publish/status", url.Values{"video_id": {open}, "token": {h.TokenOf(t, 2)}}), 3009},
		{"status for a guest", h.Get(t, "/douyin/publish/status", url.Values{"video_id": {open}}), 3009},
	} {
		apitest.WantCode(t, c.what, c.body, c.want)
	}
	if h.Videos.Open() != 1 || h.S3.Len() != 1 {
		t.Errorf("%d open uploads, %d in the store; want that of amy", h.Videos.Open(), h.S3.Len())
	}
	h.Videos.Fail("BeginUpload", errs.New(errs.Exhausted, videov1.ReasonUploadsTooMany, ""))
	apitest.WantCode(t, "too many", h.post(t, "begin", "size", "100"), 3008)

	none := apitest.New(t, func(d *httpapi.Deps, _ *upload.Limits) { d.Direct = nil })
	token := none.TokenOf(t, none.Users.Add("amy", "x"))
	for _, what := range []string{"begin", "complete"} {
		body := none.Send(t, http.MethodPost, "/douyin/publish/"+what, url.Values{"token": {token}, "size": {"1"}, "video_id": {"7"}, "title": {"t"}}, "", nil)
		apitest.WantCode(t, what+" without a store", body, 3011)
	}
}

// An upload by form is not a direct upload.
func TestFormUploadCannotBeResumed(t *testing.T) {
	h := newDirectHarness(t)
	begun, err := h.Videos.BeginUpload(t.Context(), &videov1.BeginUploadRequest{AuthorId: 1})
	if err != nil {
		t.Fatal(err)
	}
	id := text(begun.GetVideoId())
	apitest.WantCode(t, "begin", h.post(t, "begin", "video_id", id), 3007)
	apitest.WantCode(t, "complete", h.post(t, "complete", "video_id", id, "title", "t"), 3007)
	if s := h.state(t, begun.GetVideoId()); s.State != "uploading" || s.TotalBytes != 0 {
		t.Errorf("%+v", s)
	}
}

// Parts of a wrong size count as missing.
func TestPartsOfAWrongSizeAreMissing(t *testing.T) {
	h := newDirectHarness(t)
	whole := film()
	b := h.begin(t, "size", strconv.Itoa(len(whole)))
	h.put(b, whole, all)
	for _, wrong := range [][]byte{nil, whole[:100], whole[:8<<20+1]} {
		h.S3.PutPart(keyOf(b.VideoID), 2, wrong)
		apitest.WantCode(t, "complete", h.post(t, "complete", "video_id", text(b.VideoID), "title", "t"), 3012)
		if on := h.begin(t, "video_id", text(b.VideoID)); len(on.Parts) != 1 || on.Parts[0].Number != 2 {
			t.Errorf("%+v", on)
		}
	}
	if len(h.Videos.Published()) != 0 {
		t.Error("published")
	}
}

// A file that is not a video is refused and removed, as in a form.
func TestDirectUploadOfAnotherFormatLeavesNothing(t *testing.T) {
	for _, content := range []string{"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "<svg/>", "x"} {
		h := newDirectHarness(t)
		b := h.begin(t, "size", strconv.Itoa(len(content)))
		h.S3.PutPart(keyOf(b.VideoID), 1, []byte(content))
		apitest.WantCode(t, content, h.post(t, "complete", "video_id", text(b.VideoID), "title", "t"), 3004)
		apitest.WantCode(t, content+" again", h.post(t, "complete", "video_id", text(b.VideoID), "title", "t"), 3007)
		if h.Videos.Open() != 0 || h.S3.Len() != 0 || len(h.Videos.Published()) != 0 {
			t.Errorf("%q: %d open, %d in the store, %d videos", content, h.Videos.Open(), h.S3.Len(), len(h.Videos.Published()))
		}
	}
}

// Every step may fail, and the client may repeat it: the result is one video.
func TestDirectUploadSurvivesFaultsAnywhere(t *testing.T) {
	down := errs.New(errs.Unavailable, "", "")
	small := apitest.Movie(5000)
	for _, fault := range []struct {
		where string
		begin bool // it hits begin, otherwise complete
		set   func(*apitest.Harness)
	}{
		{"begin", true, func(h *apitest.Harness) { h.Videos.Fail("BeginUpload", down) }},
		{"open", true, func(h *apitest.Harness) { h.S3.Fail("BeginMultipart", down) }},
		{"presign", true, func(h *apitest.Harness) { h.S3.Fail("PresignParts", down) }},
		{"find", false, func(h *apitest.Harness) { h.Videos.Fail("GetUpload", down) }},
		{"list", false, func(h *apitest.Harness) { h.S3.Fail("UploadedParts", down) }},
		{"join", false, func(h *apitest.Harness) { h.S3.Fail("CompleteMultipart", down) }},
		{"join, answer lost", false, func(h *apitest.Harness) { h.S3.Fail("CompleteMultipart answer", down) }},
		{"stat", false, func(h *apitest.Harness) { h.S3.Fail("Stat", down) }},
		{"sniff", false, func(h *apitest.Harness) { h.S3.Fail("GetRange", down) }},
		{"commit", false, func(h *apitest.Harness) { h.Videos.Fail("CommitUpload", down) }},
		{"commit, answers lost", false, func(h *apitest.Harness) { h.Videos.LoseCommits = true }},
		{"title", false, func(h *apitest.Harness) {
			h.Videos.Fail("CommitUpload", errs.New(errs.Invalid, videov1.ReasonTitleInvalid, ""))
		}},
	} {
		h := newDirectHarness(t)
		if fault.begin {
			fault.set(h.Harness)
			if apitest.Code(t, h.post(t, "begin", "size", "5000")) == 0 {
				t.Errorf("%s: no error", fault.where)
			}
			if h.Videos.Open() != 0 || h.S3.Len() != 0 {
				t.Errorf("%s: %d open, %d in the store", fault.where, h.Videos.Open(), h.S3.Len())
			}
		}
		b := h.begin(t, "size", "5000")
		h.put(b, small, all)
		if !fault.begin {
			fault.set(h.Harness)
			if apitest.Code(t, h.post(t, "complete", "video_id", text(b.VideoID), "title", "t")) == 0 {
				t.Errorf("%s: no error", fault.where)
			}
			h.Videos.LoseCommits = false
			if on := h.begin(t, "video_id", text(b.VideoID)); len(on.Parts) != 0 {
				t.Errorf("%s: asks again for %+v", fault.where, on.Parts)
			}
		}
		apitest.WantCode(t, fault.where+", repeated", h.post(t, "complete", "video_id", text(b.VideoID), "title", "t"), 0)
		if n := len(h.Videos.Published()); n != 1 || h.Videos.Open() != 0 || h.S3.Len() != 1 {
			t.Errorf("%s: %d videos, %d open, %d in the store", fault.where, n, h.Videos.Open(), h.S3.Len())
		}
	}
}

// A begin that died between the video service and the store can be resumed.
func TestBeginThatDiedHalfWay(t *testing.T) {
	h := newDirectHarness(t)
	half, err := h.Videos.BeginUpload(t.Context(), &videov1.BeginUploadRequest{AuthorId: 1, DeclaredSize: 5000, Direct: true})
	if err != nil {
		t.Fatal(err)
	}
	id := text(half.GetVideoId())
	apitest.WantCode(t, "complete", h.post(t, "complete", "video_id", id, "title", "t"), 3012)
	b := h.begin(t, "video_id", id)
	if len(b.Parts) != 1 || b.Parts[0].Size != 5000 {
		t.Fatalf("%+v", b)
	}
	h.put(b, apitest.Movie(5000), all)
	apitest.WantCode(t, "complete", h.post(t, "complete", "video_id", id, "title", "t"), 0)
}

// Addresses never outlive the upload.
func TestAddressesExpireWithTheUpload(t *testing.T) {
	h := newDirectHarness(t)
	for left, want := range map[time.Duration]string{5 * time.Hour: "1h0m0s", 90 * time.Second: "1m30s"} {
		h.Videos.ExpiresAtMS = apitest.Now().Add(left).UnixMilli()
		if b := h.begin(t, "size", "100"); !strings.HasSuffix(b.Parts[0].URL, "life="+want) {
			t.Errorf("%s left: %s", left, b.Parts[0].URL)
		}
	}
	h.Videos.ExpiresAtMS = apitest.Now().UnixMilli()
	open := h.Videos.Open()
	apitest.WantCode(t, "expired", h.post(t, "begin", "size", "100"), 3007)
	if h.Videos.Open() != open {
		t.Error("an upload stays open whose id no client knows")
	}
}

func TestPartsCoverEveryByte(t *testing.T) {
	const partSize = 8 << 20
	for _, size := range []int64{1, partSize - 1, partSize, partSize + 1, 512 << 20, 8000<<20 + 1} {
		sizes := upload.LayOut(size, partSize)
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

// A client may repeat the completion before the first answer arrives.
func TestManyCompletionsOfOneUpload(t *testing.T) {
	h := newDirectHarness(t)
	b := h.begin(t, "size", "5000")
	h.put(b, apitest.Movie(5000), all)
	var completions sync.WaitGroup
	for range 8 {
		completions.Go(func() {
			apitest.WantCode(t, "complete", h.post(t, "complete", "video_id", text(b.VideoID), "title", "t"), 0)
		})
	}
	completions.Wait()
	if n := len(h.Videos.Published()); n != 1 || h.S3.Len() != 1 {
		t.Errorf("%d videos, %d in the store", n, h.S3.Len())
	}
}
