package chat

import (
	"context"
	"slices"

	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// Poll answers the phone's poll of a conversation, oldest message first.
//
// sinceMS 0 is what a phone sends when the chat opens (and for as long as it
// shows nothing): the answer is the history of both sides, at most the newest
// MaxHistory. Otherwise the answer is what the peer wrote after the reader's
// place; the reader's own messages are left out, because the phone drew them
// when they were sent.
//
// The place can't be taken from sinceMS alone. It is the server's time if the
// newest message on the screen was received, but the phone's clock if it was
// sent, and that clock may be minutes off: ahead it would skip messages, behind
// it would repeat them. So the server remembers per device what it delivered.
func (s *Service) Poll(ctx context.Context, r Reader, sinceMS int64) ([]Message, error) {
	const op = "chat.Poll"
	if r.UserID <= 0 || r.PeerID <= 0 || r.UserID == r.PeerID || r.SessionID == "" || sinceMS < 0 {
		return nil, errs.Wrap(op, ErrIDInvalid)
	}
	if sinceMS == 0 {
		messages, err := s.open(ctx, r)
		return messages, errs.Wrap(op, err)
	}
	messages, err := s.fresh(ctx, r, sinceMS)
	return messages, errs.Wrap(op, err)
}

// open answers the history and sets the place anew.
func (s *Service) open(ctx context.Context, r Reader) ([]Message, error) {
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
		return messages, nil // a chat without messages is opened again by each poll
	}
	return messages, s.remember(ctx, r, position)
}

// fresh answers what the peer wrote after the reader's place. The document of the
// place only tells whether there may be anything: it can be older than the row,
// for a moment, when the state store was down, and messages given from it would
// show twice.
func (s *Service) fresh(ctx context.Context, r Reader, sinceMS int64) ([]Message, error) {
	window, err := s.window(ctx, r)
	if err != nil {
		return nil, err
	}
	copied, known, err := s.position(ctx, r)
	if err != nil {
		return nil, err
	}
	if known {
		messages, err := s.after(ctx, r, window, copied, sinceMS)
		if err != nil || len(messages) == 0 {
			return nil, err
		}
	}
	position, known, err := s.Positions.DeliveryPosition(ctx, r)
	if err != nil {
		return nil, err
	}
	if position != copied {
		s.Hot.PositionMoved(ctx, r)
	}
	if !known {
		position.DeliveredMS = s.unremembered(window, sinceMS)
	}
	messages, err := s.after(ctx, r, window, position, sinceMS)
	if err != nil || known && len(messages) == 0 {
		return nil, err
	}
	if n := len(messages); n > 0 {
		position.DeliveredMS = messages[n-1].CreatedAtMS
	}
	return messages, s.remember(ctx, r, position)
}

// after answers what the peer wrote after a place. A phone that tells an older
// one has either lost an answer, when it is the time of the last message that it
// has, or a clock that is behind.
func (s *Service) after(ctx context.Context, r Reader, w Window, p DeliveryPosition, sinceMS int64) ([]Message, error) {
	afterMS := p.DeliveredMS
	if sinceMS < afterMS {
		received, err := s.isPeerTime(ctx, r, w, sinceMS)
		if err != nil {
			return nil, err
		}
		if received {
			afterMS = sinceMS
		}
	}
	return s.peerAfter(ctx, r, w, afterMS)
}

// unremembered is the place of a reader whose place is not known: what the
// phone says, but not past now, or the clock of a phone that runs ahead would
// hide messages. A message may bear a time a little past now, so the newest
// one counts as now too.
func (s *Service) unremembered(w Window, sinceMS int64) int64 {
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

func (s *Service) remember(ctx context.Context, r Reader, p DeliveryPosition) error {
	if err := s.Positions.SetDeliveryPosition(ctx, r, p, s.Clock().UTC()); err != nil {
		return err
	}
	s.Hot.PositionMoved(ctx, r)
	return nil
}

// covers tells whether every message after a moment is in the window.
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
