package seed

import (
	"context"
	"fmt"
)

// users copies the row and the password of an actor.
func (f *seeder) users(ctx context.Context) error {
	db := f.dbs["user"]
	profile, err := readRecord(ctx, db, `SELECT * FROM users WHERE id = ?`, f.UserIDs[0])
	if err != nil {
		return err
	}
	credential, err := readRecord(ctx, db, `SELECT * FROM credentials WHERE user_id = ?`, f.UserIDs[0])
	if err != nil {
		return err
	}
	profiles, credentials := profile.bulk(ctx, db, "users"), credential.bulk(ctx, db, "credentials")
	for i := len(f.Actors); i < len(f.UserIDs); i++ {
		name := fmt.Sprintf("user %07d", i) // in its own folded form
		profile.set("id", f.UserIDs[i])
		profile.set("name", name)
		profile.set("name_key", name)
		profile.set("created_at_ms", f.Base.UnixMilli())
		profiles.add(profile.values...)
		credential.set("user_id", f.UserIDs[i])
		credentials.add(credential.values...)
	}
	if err := profiles.end(); err != nil {
		return err
	}
	return credentials.end()
}

// The kinds of activities, as the user service stores them.
const (
	kindLiked     = 1
	kindCommented = 2
	kindFollowed  = 3
)

// activity is an entry of a user's activity list.
type activity struct {
	subject   string
	kind      int
	actor     int64
	video     int64
	comment   int64
	excerpt   string
	createdMS int64
}

// notify adds an entry to the list of a user, unless it is their own action.
func (f *seeder) notify(user int32, a activity) {
	if f.UserIDs[user] != a.actor {
		f.activities[user] = append(f.activities[user], a)
	}
}

// seedEvent is the id of the event behind every entry.
const seedEvent = "00000000000000000000000000"

// writeActivities writes the lists. The services would write them when the events
// arrive.
func (f *seeder) writeActivities(ctx context.Context) error {
	db := f.dbs["user"]
	entries := newBulk(ctx, db, "activities", "user_id", "id", "subject", "version", "present", "kind", "actor_id",
		"video_id", "comment_id", "excerpt", "occurred_at_ms", "event_id")
	marks := newBulk(ctx, db, "activity_marks", "user_id", "last_id", "read_id")
	for user := range f.UserIDs {
		list := f.activities[int32(user)]
		if len(list) == 0 {
			continue
		}
		for n, a := range list {
			entries.add(f.UserIDs[user], n+1, a.subject, 1, true, a.kind, a.actor, a.video, a.comment, a.excerpt, a.createdMS, seedEvent)
		}
		marks.add(f.UserIDs[user], len(list), 0)
	}
	if err := entries.end(); err != nil {
		return err
	}
	return marks.end()
}
