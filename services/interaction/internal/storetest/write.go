package storetest

import (
	"context"

	"github.com/douyin-on-dapr/douyin/services/interaction/internal/interaction"
)

// Apply applies one write as a batch of its own. Its error is the failure or the
// refusal.
func Apply(ctx context.Context, s interaction.Batches, w interaction.Write) (interaction.Outcome, error) {
	outcomes, err := s.Apply(ctx, []interaction.Write{w})
	if err != nil {
		return interaction.Outcome{}, err
	}
	return outcomes[0], outcomes[0].Err
}

// SetLike sets the state of a like.
func SetLike(ctx context.Context, s interaction.Batches, c interaction.LikeChange) (changed bool, err error) {
	outcome, err := Apply(ctx, s, interaction.Write{Like: &c})
	return outcome.Changed, err
}

// AddComment writes a comment.
func AddComment(ctx context.Context, s interaction.Batches, c interaction.Comment) (interaction.Comment, error) {
	outcome, err := Apply(ctx, s, interaction.Write{Add: &c})
	return outcome.Comment, err
}

// DeleteComment deletes a comment.
func DeleteComment(ctx context.Context, s interaction.Batches, c interaction.Comment) (changed bool, err error) {
	outcome, err := Apply(ctx, s, interaction.Write{Delete: &c})
	return outcome.Changed, err
}
