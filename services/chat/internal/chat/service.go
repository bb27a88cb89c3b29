package chat

import (
	"context"
	"time"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Refusals.
var (
	ErrMessageInvalid = errs.New(errs.Invalid, "MESSAGE_INVALID", "a message has 1 to 500 characters")
	ErrUserUnknown    = errs.New(errs.NotFound, "USER_UNKNOWN", "no such user")
	ErrSelfMessage    = errs.New(errs.Invalid, "SELF_MESSAGE", "you cannot write to yourself")
	ErrNotFriends     = errs.New(errs.Forbidden, "NOT_FRIENDS", "only friends may write to each other")
	ErrRequestID      = errs.New(errs.Invalid, "REQUEST_ID_INVALID", "a request id has at most 64 printable ASCII characters")
	ErrIDInvalid      = errs.New(errs.Invalid, "ID_INVALID", "not a valid id")
	ErrTooMany        = errs.New(errs.Invalid, "TOO_MANY_IDS", "too many ids in one request")
)

// Limits.
const (
	MaxContent = 500  // characters of a message
	MaxHistory = 1000 // messages in one answer: the newest ones
	MaxPeers   = 1000 // peers in one question
	MaxWindow  = 50   // messages in the hot document of a conversation
)

// Policy says who may write to whom.
type Policy string

// The policies.
const (
	Anyone  Policy = "anyone"
	Friends Policy = "friends"
)

// Message is a committed message.
type Message struct {
	ID          int64
	FromUserID  int64
	ToUserID    int64
	Content     string
	RequestID   string // "" if the sender chose none
	CreatedAtMS int64  // strictly increasing within the conversation
	Seq         int64  // 1, 2, 3 ... within the conversation
}

// Window is the newest end of a conversation, oldest first.
type Window struct {
	Messages []Message
	Complete bool // there are no older ones
}

// Place is how far one device of a reader has got in a conversation.
type DeliveryPosition struct {
	DeliveredMS int64 // time of the newest peer message that it was given
}

// Reader is one device of a user, looking at the conversation with a peer.
type Reader struct {
	UserID    int64
	PeerID    int64
	SessionID string
}

// Messages keeps conversations.
type Messages interface {
	// Append commits a message with the next number and a time that is at least
	// the given one, and its event, in one transaction. When the sender used the
	// request id in this conversation before, it writes nothing and answers the
	// message of that time.
	Append(ctx context.Context, m Message) (Message, error)
	// Newest reads at most limit messages of a conversation, oldest first.
	Newest(ctx context.Context, a, b int64, limit int) ([]Message, error)
	// PeerAfter reads what the peer wrote after a moment, oldest first.
	PeerAfter(ctx context.Context, readerID, peerID, afterMS int64, limit int) ([]Message, error)
	// IsPeerTime tells whether the peer wrote a message at exactly that time.
	IsPeerTime(ctx context.Context, readerID, peerID, atMS int64) (bool, error)
	// Latest reads the newest message between a user and each peer that has one.
	Latest(ctx context.Context, userID int64, peerIDs []int64) ([]Message, error)
}

// Places keeps how far the readers have got.
type DeliveryPositions interface {
	DeliveryPosition(ctx context.Context, r Reader) (p DeliveryPosition, known bool, err error)
	SetDeliveryPosition(ctx context.Context, r Reader, p DeliveryPosition, at time.Time) error
}

// Hot keeps the hot documents of conversations.
type Hot interface {
	// Sent invalidates what a new message makes old.
	MessageSent(ctx context.Context, a, b int64)
	// Moved invalidates what a new place makes old.
	PositionMoved(ctx context.Context, r Reader)
	LoadWindow(ctx context.Context, a, b int64, rebuild func(context.Context) (Window, error)) (Window, error)
	// LoadDeliveryPosition stores nothing for a place that is not known.
	LoadDeliveryPosition(ctx context.Context, r Reader, rebuild func(context.Context) (DeliveryPosition, bool, error)) (DeliveryPosition, bool, error)
}

// Users asks the user service.
type Users interface {
	Exists(ctx context.Context, userID int64) (bool, error)
}

// Relations asks the relation service.
type Relations interface {
	AreFriends(ctx context.Context, a, b int64) (bool, error)
}

// IDs makes message ids: above 0, below 2^53, never twice.
type IDs interface {
	Next() (int64, error)
}

// Ports is all that the service needs; every field is required.
type Ports struct {
	Messages  Messages
	Positions DeliveryPositions
	Hot       Hot
	Users     Users
	Relations Relations
	IDs       IDs
	Clock     func() time.Time
	Policy    Policy
}

// Service knows the rules. It is safe for concurrent use.
type Service struct {
	Ports
}

// New makes the service.
func New(p Ports) *Service { return &Service{Ports: p} }
