// Package fake provides in-memory implementations of the ports of the domain.
// Store behaves like the real store; the suite in storetest runs on both.
package fake

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/douyin-on-dapr/douyin/services/chat/internal/chat"
)

type pair struct{ low, high int64 }

func pairOf(a, b int64) pair { return pair{min(a, b), max(a, b)} }

type device struct {
	session string
	peer    int64
}

// Store is the storage of the service in memory.
type Store struct {
	mu            sync.Mutex
	conversations map[pair][]chat.Message
	positions     map[device]chat.DeliveryPosition
}

var (
	_ chat.Messages          = (*Store)(nil)
	_ chat.DeliveryPositions = (*Store)(nil)
)

// NewStore returns an empty store.
func NewStore() *Store {
	return &Store{conversations: make(map[pair][]chat.Message), positions: make(map[device]chat.DeliveryPosition)}
}

// Append implements chat.Messages.
func (s *Store) Append(_ context.Context, m chat.Message) (chat.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := pairOf(m.FromUserID, m.ToUserID)
	messages := s.conversations[key]
	for _, sent := range messages {
		if m.RequestID != "" && sent.FromUserID == m.FromUserID && sent.RequestID == m.RequestID {
			return sent, nil
		}
	}
	m.Seq = int64(len(messages)) + 1
	if len(messages) > 0 {
		m.CreatedAtMS = max(m.CreatedAtMS, messages[len(messages)-1].CreatedAtMS+1)
	}
	s.conversations[key] = append(messages, m)
	return m, nil
}

// Newest implements chat.Messages.
func (s *Store) Newest(_ context.Context, a, b int64, limit int) ([]chat.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	messages := s.conversations[pairOf(a, b)]
	return slices.Clone(messages[max(0, len(messages)-limit):]), nil
}

// Before implements chat.Messages.
func (s *Store) Before(_ context.Context, a, b, beforeSeq int64, limit int) ([]chat.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	messages := s.conversations[pairOf(a, b)]
	older := messages[:min(int64(len(messages)), beforeSeq-1)] // numbers begin with 1
	return slices.Clone(older[max(0, len(older)-limit):]), nil
}

// PeerAfter implements chat.Messages.
func (s *Store) PeerAfter(_ context.Context, readerID, peerID, afterMS int64, limit int) ([]chat.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []chat.Message
	for _, m := range s.conversations[pairOf(readerID, peerID)] {
		if m.FromUserID == peerID && m.CreatedAtMS > afterMS && len(found) < limit {
			found = append(found, m)
		}
	}
	return found, nil
}

// IsPeerTime implements chat.Messages.
func (s *Store) IsPeerTime(_ context.Context, readerID, peerID, atMS int64) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.conversations[pairOf(readerID, peerID)], func(m chat.Message) bool {
		return m.FromUserID == peerID && m.CreatedAtMS == atMS
	}), nil
}

// Latest implements chat.Messages.
func (s *Store) Latest(_ context.Context, userID int64, peerIDs []int64) ([]chat.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []chat.Message
	for _, peer := range peerIDs {
		if messages := s.conversations[pairOf(userID, peer)]; len(messages) > 0 {
			newest := messages[len(messages)-1]
			newest.RequestID = "" // as in the real store, the list of friends does not need it
			found = append(found, newest)
		}
	}
	return found, nil
}

// DeliveryPosition implements chat.DeliveryPositions.
func (s *Store) DeliveryPosition(_ context.Context, r chat.Reader) (chat.DeliveryPosition, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	position, known := s.positions[device{r.SessionID, r.PeerID}]
	return position, known, nil
}

// SetDeliveryPosition implements chat.DeliveryPositions.
func (s *Store) SetDeliveryPosition(_ context.Context, r chat.Reader, p chat.DeliveryPosition, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.positions[device{r.SessionID, r.PeerID}] = p
	return nil
}

// DropDeliveryPositions deletes all delivery positions.
func (s *Store) DropDeliveryPositions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.positions)
}
