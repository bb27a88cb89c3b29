package hotv1

import (
	"slices"

	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
)

// NothingNew reports whether a poll that sends sinceMS brings no message: the
// peer wrote nothing after the time that ResumeAfter gives for the session. It
// is false when the window does not reach far enough back to tell.
func NothingNew(w *ChatWindow, p *ChatDeliveryPosition, peerID, sinceMS int64) bool {
	messages := w.GetMessages()
	delivery := Delivery{DeliveredMS: p.GetDeliveredMs(), SinceMS: p.GetSinceMs(), PreviousMS: p.GetPreviousMs()}
	received := slices.ContainsFunc(messages, func(m *chatv1.Message) bool {
		return m.GetFromUserId() == peerID && m.GetCreatedAtMs() == sinceMS
	})
	afterMS := delivery.ResumeAfter(sinceMS, received)
	// A window that begins after sinceMS does not show what was received.
	neededMS := min(sinceMS, afterMS)
	if !w.GetComplete() && (len(messages) == 0 || messages[0].GetCreatedAtMs() > neededMS) {
		return false
	}
	return !slices.ContainsFunc(messages, func(m *chatv1.Message) bool {
		return m.GetFromUserId() == peerID && m.GetCreatedAtMs() > afterMS
	})
}

// Delivery is how far a session has received a conversation, in times of the
// peer's messages, and its newest delivery. The fields are those of
// ChatDeliveryPosition.
type Delivery struct{ DeliveredMS, SinceMS, PreviousMS int64 }

// ResumeAfter returns the time after which messages of the peer are sent to a
// session that polls with sinceMS. received says whether the peer wrote a
// message at sinceMS.
//
// A phone sends the time of its newest message. There are three cases:
//   - A message of the peer that was delivered: if it is older than the newest
//     delivered one, an answer was lost, and the messages after it are sent again.
//   - The time of the newest delivery once more: its answer was lost too, because
//     the phone would send the time of the message that it received. The time is
//     that of an own message, by the phone's clock.
//   - Any other time is by the phone's clock, and the position counts.
func (d Delivery) ResumeAfter(sinceMS int64, received bool) int64 {
	switch {
	case sinceMS == d.DeliveredMS:
		return d.DeliveredMS
	case received && sinceMS < d.DeliveredMS:
		return sinceMS
	case sinceMS != 0 && sinceMS == d.SinceMS:
		return min(d.PreviousMS, d.DeliveredMS)
	}
	return d.DeliveredMS
}
