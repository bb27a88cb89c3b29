package hotv1

import (
	"strconv"
	"time"

	"github.com/douyin-on-dapr/douyin/services/contract"
)

// Document describes a family of hot documents: who writes it, who reads it
// past the owner, and how long a copy may live when nothing invalidates it.
type Document struct {
	Name    string // the constant part of its keys
	Owner   contract.App
	Readers []contract.App
	TTL     time.Duration
}

// FeedHeadKey is the one key of FeedHead.
const FeedHeadKey = "feed:head"

// UserProfileKey names the UserProfile of a user.
func UserProfileKey(userID int64) string { return "user:" + strconv.FormatInt(userID, 10) }

// AuthorWorksKey names the AuthorWorks of a user.
func AuthorWorksKey(userID int64) string { return "work:" + strconv.FormatInt(userID, 10) }

// LikeSetKey names the LikeSet of a viewer.
func LikeSetKey(userID int64) string { return "likes:" + strconv.FormatInt(userID, 10) }

// UserLikesKey names the UserLikes of a user.
func UserLikesKey(userID int64) string { return "given:" + strconv.FormatInt(userID, 10) }

// FollowSetKey names the FollowSet of a viewer.
func FollowSetKey(userID int64) string { return "follows:" + strconv.FormatInt(userID, 10) }

// UserRelationsKey names the UserRelations of a user.
func UserRelationsKey(userID int64) string { return "rel:" + strconv.FormatInt(userID, 10) }

// ChatWindowKey names the ChatWindow of two users, in either order.
func ChatWindowKey(a, b int64) string {
	return "chat:" + strconv.FormatInt(min(a, b), 10) + ":" + strconv.FormatInt(max(a, b), 10)
}

// ChatDeliveryPositionKey names the ChatDeliveryPosition of one session with one peer.
func ChatDeliveryPositionKey(sessionID string, peerID int64) string {
	return "place:" + sessionID + ":" + strconv.FormatInt(peerID, 10)
}

// Documents lists every hot document of the system.
func Documents() []Document {
	reader := []contract.App{contract.AppGateway}
	return []Document{
		{Name: "user:", Owner: contract.AppUser, Readers: reader, TTL: UserProfileTTL},
		{Name: "work:", Owner: contract.AppVideo, Readers: reader, TTL: AuthorWorksTTL},
		{Name: FeedHeadKey, Owner: contract.AppVideo, Readers: reader, TTL: FeedHeadTTL},
		{Name: "likes:", Owner: contract.AppInteraction, Readers: reader, TTL: LikeSetTTL},
		{Name: "given:", Owner: contract.AppInteraction, Readers: reader, TTL: UserLikesTTL},
		{Name: "follows:", Owner: contract.AppRelation, Readers: reader, TTL: FollowSetTTL},
		{Name: "rel:", Owner: contract.AppRelation, Readers: reader, TTL: UserRelationsTTL},
		{Name: "chat:", Owner: contract.AppChat, Readers: reader, TTL: ChatWindowTTL},
		{Name: "place:", Owner: contract.AppChat, Readers: reader, TTL: ChatDeliveryPositionTTL},
	}
}

// Lifetimes: the last net for an invalidation that Redis never got to see.
const (
	UserProfileTTL = 10 * time.Minute
	AuthorWorksTTL = time.Minute
	FeedHeadTTL    = 10 * time.Second

	LikeSetTTL              = 10 * time.Minute
	UserLikesTTL            = time.Minute
	FollowSetTTL            = 10 * time.Minute
	UserRelationsTTL        = time.Minute
	ChatWindowTTL           = 10 * time.Minute
	ChatDeliveryPositionTTL = 24 * time.Hour
)
