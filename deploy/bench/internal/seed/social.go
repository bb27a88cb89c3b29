package seed

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/douyin-on-dapr/douyin/deploy/bench/internal/model"
)

// follows writes follows and their counts.
func (f *seeder) follows(ctx context.Context) error {
	db := f.dbs["relation"]
	rows := newBulk(ctx, db, "follows", "user_id", "target_id", "following", "version", "changed_at_ms")
	follows, followers := map[int32]int64{}, map[int32]int64{}
	for n, pair := range f.sorted(f.Follows) {
		from, to, at := f.UserIDs[pair.From], f.UserIDs[pair.To], f.at(n, len(f.Follows))
		rows.add(from, to, true, 1, at)
		follows[pair.From]++
		followers[pair.To]++
		f.notify(pair.To, activity{subject: fmt.Sprintf("follow:%d:%d", from, to), kind: kindFollowed, actor: from, createdMS: at})
	}
	if err := rows.end(); err != nil {
		return err
	}
	counts := newBulk(ctx, db, "counts", "user_id", "follows", "followers")
	for _, user := range keys(follows, followers) {
		counts.add(f.UserIDs[user], follows[user], followers[user])
	}
	return counts.end()
}

// interactions writes likes, comments and their counts.
func (f *seeder) interactions(ctx context.Context) error {
	db := f.dbs["interaction"]
	given, received := map[int32]int64{}, map[int32]int64{}
	likesOf, commentsOf := map[int32]int64{}, map[int32]int64{}
	likes := newBulk(ctx, db, "likes", "user_id", "video_id", "author_id", "liked", "version", "changed_at_ms")
	for n, pair := range f.sorted(f.Likes) {
		author := f.Authors[pair.To]
		user, video, at := f.UserIDs[pair.From], f.VideoIDs[pair.To], f.at(n, len(f.Likes))
		likes.add(user, video, f.UserIDs[author], true, 1, at)
		given[pair.From]++
		received[author]++
		likesOf[pair.To]++
		f.notify(author, activity{subject: fmt.Sprintf("like:%d:%d", user, video), kind: kindLiked, actor: user, video: video, createdMS: at})
	}
	comments := newBulk(ctx, db, "comments", "id", "video_id", "author_id", "user_id", "content", "created_at_ms")
	for n, c := range f.Comments {
		author := f.Authors[c.Video]
		id, user, video := f.CommentID(n), f.UserIDs[c.User], f.VideoIDs[c.Video]
		content := fmt.Sprintf("comment %d, a sentence of ordinary length", n)
		at := f.CommentTime(n).UnixMilli()
		comments.add(id, video, f.UserIDs[author], user, content, at)
		commentsOf[c.Video]++
		f.notify(author, activity{
			subject: fmt.Sprintf("comment:%d", id), kind: kindCommented, actor: user, video: video, comment: id, excerpt: content, createdMS: at,
		})
	}
	videos := newBulk(ctx, db, "video_counts", "video_id", "likes", "comments")
	for _, video := range keys(likesOf, commentsOf) {
		videos.add(f.VideoIDs[video], likesOf[video], commentsOf[video])
	}
	users := newBulk(ctx, db, "user_counts", "user_id", "given", "received")
	for _, user := range keys(given, received) {
		users.add(f.UserIDs[user], given[user], received[user])
	}
	for _, b := range []*bulk{likes, comments, videos, users} {
		if err := b.end(); err != nil {
			return err
		}
	}
	return nil
}

// messages writes conversations, in which the two users take turns.
func (f *seeder) messages(ctx context.Context) error {
	db := f.dbs["chat"]
	messages := newBulk(ctx, db, "messages", "low_id", "high_id", "seq", "id", "from_id", "content", "created_at_ms")
	conversations := newBulk(ctx, db, "conversations", "low_id", "high_id", "last_seq", "last_ms", "last_id", "last_from_id", "last_content")
	written := 0
	for _, chat := range f.Chats {
		a, b := f.UserIDs[chat.A], f.UserIDs[chat.B]
		low, high := min(a, b), max(a, b)
		for seq := 1; seq <= chat.Messages; seq++ {
			id, at := f.MessageID(written), f.MessageTime(written).UnixMilli()
			written++
			from, content := a, fmt.Sprintf("message %d of a conversation", seq)
			if seq%2 == 0 {
				from = b
			}
			messages.add(low, high, seq, id, from, content, at)
			if seq == chat.Messages {
				conversations.add(low, high, seq, at, id, from, content)
			}
		}
	}
	if err := messages.end(); err != nil {
		return err
	}
	return conversations.end()
}

// at is when relation n of so many was created, spread over the second half of the
// time.
func (f *seeder) at(n, of int) int64 { return f.RelationTime(n, of).UnixMilli() }

// sorted returns pairs in the order of the primary key, which a table takes
// fastest.
func (f *seeder) sorted(pairs []model.Pair) []model.Pair {
	sorted := slices.Clone(pairs)
	slices.SortFunc(sorted, func(a, b model.Pair) int {
		if a.From != b.From {
			return int(a.From - b.From)
		}
		return int(a.To - b.To)
	})
	return sorted
}

func keys(a, b map[int32]int64) []int32 {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}
