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
	var place Place
	for _, m := range slices.Backward(messages) {
		if m.FromUserID == r.PeerID {
			place.DeliveredMS = m.CreatedAtMS
			break
		}
	}
	known, exists, err := s.place(ctx, r)
	if err != nil {
		return nil, err
	}
	if exists && known == place {
		return messages, nil // a chat without messages is opened again by each poll
	}
	return messages, s.remember(ctx, r, place)
}

// fresh answers what the peer wrote after the reader's place.
func (s *Service) fresh(ctx context.Context, r Reader, sinceMS int64) ([]Message, error) {
	window, err := s.window(ctx, r)
	if err != nil {
		return nil, err
	}
	place, known, err := s.place(ctx, r)
	if err != nil {
		return nil, err
	}
	after := place.DeliveredMS
	if !known {
		after = s.unremembered(window, sinceMS)
	} else if sinceMS < after {
		// Older than what was delivered: either an answer got lost and the phone
		// tells the last one it has, or this is a clock that is behind.
		received, err := s.isPeerTime(ctx, r, window, sinceMS)
		if err != nil {
			return nil, err
		}
		if received {
			after = sinceMS
		}
	}
	messages, err := s.peerAfter(ctx, r, window, after)
	if err != nil {
		return nil, err
	}
	if len(messages) > 0 {
		after = messages[len(messages)-1].CreatedAtMS
	}
	if known && len(messages) == 0 {
		return nil, nil
	}
	return messages, s.remember(ctx, r, Place{DeliveredMS: after})
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

func (s *Service) place(ctx context.Context, r Reader) (Place, bool, error) {
	return s.Hot.LoadPlace(ctx, r, func(ctx context.Context) (Place, bool, error) {
		return s.Places.Place(ctx, r)
	})
}

func (s *Service) remember(ctx context.Context, r Reader, p Place) error {
	if err := s.Places.SetPlace(ctx, r, p, s.Clock().UTC()); err != nil {
		return err
	}
	s.Hot.Moved(ctx, r)
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
