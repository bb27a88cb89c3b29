package chat

import (
	"context"
	"time"

	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// The errors of the service. Their reasons are part of the contract.
var (
	ErrMessageInvalid = errs.New(errs.Invalid, chatv1.ReasonMessageInvalid, "a message has 1 to 500 characters")
	ErrUserUnknown    = errs.New(errs.NotFound, chatv1.ReasonUserUnknown, "no such user")
	ErrSelfMessage    = errs.New(errs.Invalid, chatv1.ReasonSelfMessage, "you cannot write to yourself")
	ErrNotFriends     = errs.New(errs.Forbidden, chatv1.ReasonNotFriends, "only friends may write to each other")
	ErrRequestID      = errs.New(errs.Invalid, chatv1.ReasonRequestIDInvalid, "a request id has at most 64 printable ASCII characters")
	ErrRequestReused  = errs.New(errs.Conflict, chatv1.ReasonRequestIDReused, "the request id belongs to another message")
	ErrIDInvalid      = errs.New(errs.Invalid, chatv1.ReasonIDInvalid, "not a valid id")
	ErrTooMany        = errs.New(errs.Invalid, chatv1.ReasonTooManyIDs, "too many ids in one request")
)

// Limits.
const (
	MaxContent = 500  // characters of a message
	MaxHistory = 1000 // messages in one answer, the newest ones
	MaxPeers   = 1000 // peers in one request
	MaxWindow  = 50   // messages in the hot document of a conversation
)

// Policy decides who may write to whom.
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
	RequestID   string // chosen by the sender, may be empty
	CreatedAtMS int64  // strictly increasing within the conversation
	Seq         int64  // 1, 2, 3 ... within the conversation
}

// Window is the newest end of a conversation, oldest first.
type Window struct {
	Messages []Message
	Complete bool // the conversation has no older messages
}

// DeliveryPosition records how far one session has received a conversation, and
// its newest delivery, which is repeated if its answer was lost.
type DeliveryPosition struct {
	DeliveredMS int64 // time of the newest message of the peer that was delivered
	SinceMS     int64 // time that the phone sent with the poll of that delivery, 0 after an opening
	PreviousMS  int64 // position from which that poll was answered
}

// Reader is a session of a user that reads the conversation with a peer.
type Reader struct {
	UserID    int64
	PeerID    int64
	SessionID string
}

// Messages reads conversations.
type Messages interface {
	// Before reads at most limit messages with smaller numbers, the newest of
	// them, oldest first.
	Before(ctx context.Context, a, b, beforeSeq int64, limit int) ([]Message, error)
	// Newest reads at most limit messages of a conversation, oldest first.
	Newest(ctx context.Context, a, b int64, limit int) ([]Message, error)
	// PeerAfter reads at most limit messages that the peer wrote after a time,
	// oldest first.
	PeerAfter(ctx context.Context, readerID, peerID, afterMS int64, limit int) ([]Message, error)
	// IsPeerTime reports whether the peer wrote a message at exactly this time.
	IsPeerTime(ctx context.Context, readerID, peerID, atMS int64) (bool, error)
	// Latest reads the newest message between a user and each peer. Peers without
	// a message are left out.
	Latest(ctx context.Context, userID int64, peerIDs []int64) ([]Message, error)
}

// DeliveryPositions stores how far readers have received their conversations.
type DeliveryPositions interface {
	DeliveryPosition(ctx context.Context, r Reader) (p DeliveryPosition, known bool, err error)
	SetDeliveryPosition(ctx context.Context, r Reader, p DeliveryPosition, at time.Time) error
}

// Hot stores the hot documents of conversations.
type Hot interface {
	// MessagesSent invalidates the windows of the messages' conversations.
	MessagesSent(ctx context.Context, messages ...SentMessage)
	// PositionMoved invalidates the delivery position of the reader.
	PositionMoved(ctx context.Context, r Reader)
	// LoadWindow returns the document or, without one, stores and returns the
	// result of rebuild.
	LoadWindow(ctx context.Context, a, b int64, rebuild func(context.Context) (Window, error)) (Window, error)
	// LoadDeliveryPosition does the same. It stores nothing if rebuild finds no
	// position.
	LoadDeliveryPosition(ctx context.Context, r Reader, rebuild func(context.Context) (DeliveryPosition, bool, error)) (DeliveryPosition, bool, error)
}

// Users calls the user service.
type Users interface {
	Exists(ctx context.Context, userID int64) (bool, error)
}

// Relations calls the relation service.
type Relations interface {
	AreFriends(ctx context.Context, a, b int64) (bool, error)
}

// IDs generates unique message ids between 0 and 2^53, exclusive.
type IDs interface {
	Next() (int64, error)
}

// Ports are the dependencies of the service. Every field is required.
type Ports struct {
	Writer    Writer
	Messages  Messages
	Positions DeliveryPositions
	Hot       Hot
	Users     Users
	Relations Relations
	IDs       IDs
	Clock     func() time.Time
	Policy    Policy
	// TraceParent returns the trace of a request, for its event.
	TraceParent func(ctx context.Context) string
}

// Service implements the rules. It is safe for concurrent use.
type Service struct {
	Ports
}

// New returns a service.
func New(p Ports) *Service { return &Service{Ports: p} }
