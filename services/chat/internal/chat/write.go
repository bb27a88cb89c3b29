package chat

import "context"

// Write is a message to be committed.
type Write struct {
	Message     Message
	TraceParent string // trace of the request, which the message's event carries
}

// Batches commits messages.
type Batches interface {
	// Append commits messages and their events in one transaction, as if they were
	// sent one after the other, and returns them in their order. Each gets the next
	// sequence number of its conversation and a time that is not before the given
	// one. If the sender used the request id in this conversation before, nothing
	// is written, and the first message is returned. If Append returns an error,
	// nothing was written, unless the answer to the commit was lost.
	Append(ctx context.Context, writes []Write) ([]Message, error)
}

// Writer commits a message, possibly in one transaction with those of other callers.
type Writer interface {
	Do(ctx context.Context, w Write) (Message, error)
}

// SentMessage names a committed message.
type SentMessage struct {
	A, B int64 // the two users of the conversation, in any order
	Seq  int64 // the message's number in the conversation
}

// Commit returns the function that commits a batch of messages: it stores them and
// then, in one request, invalidates the windows of their conversations.
func Commit(store Batches, hot Hot) func(ctx context.Context, writes []Write) ([]Message, error) {
	return func(ctx context.Context, writes []Write) ([]Message, error) {
		messages, err := store.Append(ctx, writes)
		if err != nil {
			return nil, err
		}
		// Invalidate even for a repeated request: the program may have died before
		// the invalidation of the first one.
		sent := make([]SentMessage, len(messages))
		for i, m := range messages {
			sent[i] = SentMessage{A: m.FromUserID, B: m.ToUserID, Seq: m.Seq}
		}
		hot.MessagesSent(ctx, sent...)
		return messages, nil
	}
}
