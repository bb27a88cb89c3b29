package hotv1

import (
	"slices"

	chatv1 "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
)

// NothingNew reports whether a poll that sends sinceMS brings no message: the
// peer wrote nothing after the time that ResumeAfter gives for the session. It
// is false when the window does not reach far enough back to tell.
func NothingNew(w *ChatWindow, p *ChatDeliveryPosition, peerID, sinceMS int64) bool {
	messages, deliveredMS := w.GetMessages(), p.GetDeliveredMs()
	neededMS := min(sinceMS, deliveredMS)
	if !w.GetComplete() && (len(messages) == 0 || messages[0].GetCreatedAtMs() > neededMS) {
		return false
	}
	received := slices.ContainsFunc(messages, func(m *chatv1.Message) bool {
		return m.GetFromUserId() == peerID && m.GetCreatedAtMs() == sinceMS
	})
	afterMS := ResumeAfter(deliveredMS, sinceMS, received)
	return !slices.ContainsFunc(messages, func(m *chatv1.Message) bool {
		return m.GetFromUserId() == peerID && m.GetCreatedAtMs() > afterMS
	})
}

// ResumeAfter returns the time after which messages of the peer are sent to a
// session that polls with sinceMS. received says whether the peer wrote a
// message at sinceMS.
//
// There are two reasons why a phone sends an older time than that of its
// delivery position. If it is the time of a message of the peer, an answer was
// lost and the messages after it are sent again. Otherwise the phone's clock is
// behind, and the position counts.
func ResumeAfter(deliveredMS, sinceMS int64, received bool) int64 {
	if received {
		return min(deliveredMS, sinceMS)
	}
	return deliveredMS
}
