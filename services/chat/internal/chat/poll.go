package chat

import (
	"context"
	"slices"

	hotv1 "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Poll answers the phone's poll of a conversation, oldest message first.
//
// A phone sends sinceMS 0 when the chat opens, and as long as it shows no
// message. The answer is then the history of both sides, at most the newest
// MaxHistory messages. Otherwise the answer holds the messages that the peer
// wrote after the reader's delivery position. It leaves out the reader's own
// messages, because the phone drew them when it sent them.
//
// sinceMS alone is not a reliable position. It is the server's time if the
// newest message on the screen was received, but the phone's clock if it was
// sent, and that clock may be minutes off: a clock that is ahead would skip
// messages, a clock that is behind would repeat them. So the server records per
// session what it delivered.
func (s *Service) Poll(ctx context.Context, r Reader, sinceMS int64) ([]Message, error) {
	const op = "chat.Poll"
	if r.UserID <= 0 || r.PeerID <= 0 || r.UserID == r.PeerID || r.SessionID == "" || sinceMS < 0 {
		return nil, errs.Wrap(op, ErrIDInvalid)
	}
	if sinceMS == 0 {
		messages, err := s.openChat(ctx, r)
		return messages, errs.Wrap(op, err)
	}
	messages, err := s.newFromPeer(ctx, r, sinceMS)
	return messages, errs.Wrap(op, err)
}

// openChat returns the history and resets the delivery position.
func (s *Service) openChat(ctx context.Context, r Reader) ([]Message, error) {
	window, err := s.window(ctx, r)
	if err != nil {
		return nil, err
	}
	messages := window.Messages
	if !window.Complete {
		if messages, err = s.Messages.Newest(ctx, r.UserID, r.PeerID, MaxHistory); err != nil {
			return nil, err
		}
	}
	var position DeliveryPosition
	for _, m := range slices.Backward(messages) {
		if m.FromUserID == r.PeerID {
			position.DeliveredMS = m.CreatedAtMS
			break
		}
	}
	known, exists, err := s.Positions.DeliveryPosition(ctx, r)
	if err != nil {
		return nil, err
	}
	if exists && known == position {
		return messages, nil // each poll of an empty chat opens it again
	}
	return messages, s.savePosition(ctx, r, position)
}

// newFromPeer returns the messages that the peer wrote after the reader's
// delivery position. The hot document of the position only decides whether the
// row has to be read: after an outage of the state store the document can be
// older than the row for a moment, and messages selected by it would appear
// twice.
func (s *Service) newFromPeer(ctx context.Context, r Reader, sinceMS int64) ([]Message, error) {
	window, err := s.window(ctx, r)
	if err != nil {
		return nil, err
	}
	cached, known, err := s.position(ctx, r)
	if err != nil {
		return nil, err
	}
	if known {
		messages, err := s.undelivered(ctx, r, window, cached, sinceMS)
		if err != nil || len(messages) == 0 {
			return nil, err
		}
	}
	position, known, err := s.Positions.DeliveryPosition(ctx, r)
	if err != nil {
		return nil, err
	}
	if position != cached {
		s.Hot.PositionMoved(ctx, r)
	}
	if !known {
		position.DeliveredMS = s.assumedPosition(window, sinceMS)
	}
	afterMS, err := s.resumeAfter(ctx, r, window, position, sinceMS)
	if err != nil {
		return nil, err
	}
	messages, err := s.peerAfter(ctx, r, window, afterMS)
	if err != nil {
		return nil, err
	}
	moved := position
	if n := len(messages); n > 0 {
		moved = DeliveryPosition{DeliveredMS: messages[n-1].CreatedAtMS, SinceMS: sinceMS, PreviousMS: afterMS}
	}
	if known && moved == position {
		return messages, nil
	}
	return messages, s.savePosition(ctx, r, moved)
}

// undelivered returns the messages of the peer that a session at a position has
// not received. The gateway answers a poll without the service when
// hotv1.NothingNew finds none.
func (s *Service) undelivered(ctx context.Context, r Reader, w Window, p DeliveryPosition, sinceMS int64) ([]Message, error) {
	afterMS, err := s.resumeAfter(ctx, r, w, p, sinceMS)
	if err != nil {
		return nil, err
	}
	return s.peerAfter(ctx, r, w, afterMS)
}

// resumeAfter returns the time after which a session at a position has not
// received the messages of the peer.
func (s *Service) resumeAfter(ctx context.Context, r Reader, w Window, p DeliveryPosition, sinceMS int64) (int64, error) {
	received := false
	if sinceMS < p.DeliveredMS {
		var err error
		if received, err = s.isPeerTime(ctx, r, w, sinceMS); err != nil {
			return 0, err
		}
	}
	return hotv1.Delivery(p).ResumeAfter(sinceMS, received), nil
}

// assumedPosition returns the position of a reader without a stored one: the time
// that the phone sends, but not later than now, because a clock that is ahead
// would hide messages. The time of a message can be slightly in the future, so
// the time of the newest message counts as now too.
func (s *Service) assumedPosition(w Window, sinceMS int64) int64 {
	now := s.Clock().UnixMilli()
	if n := len(w.Messages); n > 0 {
		now = max(now, w.Messages[n-1].CreatedAtMS)
	}
	return min(sinceMS, now)
}

func (s *Service) window(ctx context.Context, r Reader) (Window, error) {
	return s.Hot.LoadWindow(ctx, r.UserID, r.PeerID, func(ctx context.Context) (Window, error) {
		messages, err := s.Messages.Newest(ctx, r.UserID, r.PeerID, MaxWindow+1)
		if err != nil {
			return Window{}, err
		}
		if len(messages) > MaxWindow {
			return Window{Messages: messages[1:]}, nil
		}
		return Window{Messages: messages, Complete: true}, nil
	})
}

func (s *Service) position(ctx context.Context, r Reader) (DeliveryPosition, bool, error) {
	return s.Hot.LoadDeliveryPosition(ctx, r, func(ctx context.Context) (DeliveryPosition, bool, error) {
		return s.Positions.DeliveryPosition(ctx, r)
	})
}

func (s *Service) savePosition(ctx context.Context, r Reader, p DeliveryPosition) error {
	if err := s.Positions.SetDeliveryPosition(ctx, r, p, s.Clock().UTC()); err != nil {
		return err
	}
	s.Hot.PositionMoved(ctx, r)
	return nil
}

// covers reports whether the window contains every message after a time.
func (w Window) covers(afterMS int64) bool {
	return w.Complete || (len(w.Messages) > 0 && w.Messages[0].CreatedAtMS <= afterMS)
}

func (s *Service) peerAfter(ctx context.Context, r Reader, w Window, afterMS int64) ([]Message, error) {
	if !w.covers(afterMS) {
		return s.Messages.PeerAfter(ctx, r.UserID, r.PeerID, afterMS, MaxHistory)
	}
	var messages []Message
	for _, m := range w.Messages {
		if m.FromUserID == r.PeerID && m.CreatedAtMS > afterMS {
			messages = append(messages, m)
		}
	}
	return messages, nil
}

func (s *Service) isPeerTime(ctx context.Context, r Reader, w Window, atMS int64) (bool, error) {
	if !w.covers(atMS) {
		return s.Messages.IsPeerTime(ctx, r.UserID, r.PeerID, atMS)
	}
	return slices.ContainsFunc(w.Messages, func(m Message) bool {
		return m.FromUserID == r.PeerID && m.CreatedAtMS == atMS
	}), nil
}
