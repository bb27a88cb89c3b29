// Package compose joins the data of the services into the objects that a phone
// shows: users with their counts, videos with their authors and addresses. It
// calls in batches, in parallel, and never in a loop. Copies in the process hold
// public data only and are at most a second old, unless the owner of the data does
// not answer: then counts are those that of its last answer, or 0.
package compose

import (
	"strconv"

	interactionv1 "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	userv1 "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// User is a user as the client knows it. All eleven fields are always sent: the
// client shows nothing, or wrong data, if one is missing.
type User struct {
	ID              int64  `json:"id"`
	Name            string `json:"name"`
	FollowCount     int64  `json:"follow_count"`
	FollowerCount   int64  `json:"follower_count"`
	IsFollow        bool   `json:"is_follow"` // does the viewer follow this user
	Avatar          string `json:"avatar"`    // absolute URL
	BackgroundImage string `json:"background_image"`
	Signature       string `json:"signature"`
	TotalFavorited  int64  `json:"total_favorited"` // likes received
	WorkCount       int64  `json:"work_count"`
	FavoriteCount   int64  `json:"favorite_count"` // likes given

	encoded *encodedUser // nil: the fields are not encoded yet
}

// Video is a video as the client knows it, always with its full author. The fields
// after the title are for new clients; the old one ignores them.
type Video struct {
	ID            int64  `json:"id"`
	Author        User   `json:"author"`
	PlayURL       string `json:"play_url"`  // absolute, never expires
	CoverURL      string `json:"cover_url"` // absolute, never empty
	FavoriteCount int64  `json:"favorite_count"`
	CommentCount  int64  `json:"comment_count"`
	IsFavorite    bool   `json:"is_favorite"` // does the viewer like this video
	Title         string `json:"title"`
	Processing
	HLSURL     string `json:"hls_url"`     // "" without renditions
	DurationMS int64  `json:"duration_ms"` // 0 until ready, as width and height
	Width      int32  `json:"width"`       // pixels, as shown
	Height     int32  `json:"height"`
}

// Processing is the progress of a video on its way into the feed.
type Processing struct {
	State         string `json:"state"`          // one of the constants below
	Progress      int32  `json:"progress"`       // percent of the processing
	FailureReason string `json:"failure_reason"` // of the contract; "" unless failed
	// FailureMsg is the reason as a sentence. The caller, who knows the client's
	// language, fills it in.
	FailureMsg string `json:"failure_msg"`
}

// The states of a video as clients know them.
const (
	StateUploading  = "uploading"  // not a video yet
	StateUploaded   = "uploaded"   // waits for processing
	StateProcessing = "processing" // is being processed
	StateReady      = "ready"      // everybody sees it
	StateFailed     = "failed"     // will never be ready
)

func processing(v *videov1.Video) Processing {
	p := Processing{Progress: v.GetProgress(), FailureReason: v.GetFailureReason()}
	switch v.GetState() {
	case videov1.State_STATE_READY:
		p.State, p.Progress = StateReady, 100
	case videov1.State_STATE_FAILED:
		p.State = StateFailed
	case videov1.State_STATE_PROCESSING:
		p.State = StateProcessing
	case videov1.State_STATE_UPLOADED, videov1.State_STATE_UNSPECIFIED:
		p.State = StateUploaded
	}
	return p
}

// The client has no way to set a signature, and shows an empty one as a gap.
const defaultSignature = "这个人很懒，什么都没有留下"

// newUser joins the card of a user with the defaults.
func newUser(links Links, id int64, u userCard) User {
	p := u.profile
	if p == nil {
		// The account of an author is gone: the client crashes on a null author and
		// shows an empty name as a gap.
		p = &userv1.Profile{Name: "用户" + strconv.FormatInt(id, 10)}
	}
	return User{
		ID:              id,
		Name:            p.GetName(),
		FollowCount:     u.follows,
		FollowerCount:   u.followers,
		IsFollow:        u.followed,
		Avatar:          orDefault(p.GetAvatar(), links.Default("avatar")),
		BackgroundImage: orDefault(p.GetBackgroundImage(), links.Default("background")),
		Signature:       orDefault(p.GetSignature(), defaultSignature),
		TotalFavorited:  u.received,
		WorkCount:       u.works,
		FavoriteCount:   u.given,
	}
}

// newVideo joins a video with its author and its counts.
func newVideo(links Links, v *videov1.Video, author User, stats *interactionv1.VideoFacts) Video {
	return Video{
		ID:            v.GetId(),
		Author:        author,
		PlayURL:       links.Play(v),
		CoverURL:      links.Cover(v),
		FavoriteCount: stats.GetLikes(),
		CommentCount:  stats.GetComments(),
		IsFavorite:    stats.GetLiked(),
		Title:         v.GetTitle(),
		Processing:    processing(v),
		HLSURL:        links.HLS(v),
		DurationMS:    v.GetDurationMs(),
		Width:         v.GetWidth(),
		Height:        v.GetHeight(),
	}
}
