package audit

func userRules() []rule {
	return []rule{
		{"I10", []string{"users"}, `SELECT CONCAT('accounts of the name ', name_key), 1, COUNT(*)
FROM users GROUP BY name_key HAVING COUNT(*) > 1`},
		{"I1", []string{"users", "credentials"}, `SELECT CONCAT('user ', u.id), 'a password', 'none'
FROM users u LEFT JOIN credentials c ON c.user_id = u.id WHERE c.user_id IS NULL`},
		{"I10", []string{"users", "credentials"}, `SELECT CONCAT('password of user ', c.user_id), 'an account', 'none'
FROM credentials c LEFT JOIN users u ON u.id = c.user_id WHERE u.id IS NULL`},
		{"I10", []string{"users", "sessions"}, `SELECT DISTINCT CONCAT('sessions of user ', s.user_id), 'an account', 'none'
FROM sessions s LEFT JOIN users u ON u.id = s.user_id WHERE u.id IS NULL`},
		{"I5", []string{"activities", "activity_marks"}, `SELECT CONCAT('newest activity of user ', user_id), last_id, newest
FROM (SELECT m.user_id, m.last_id, COALESCE(MAX(a.id), 0) AS newest
	FROM activity_marks m LEFT JOIN activities a ON a.user_id = m.user_id GROUP BY m.user_id, m.last_id) marked
WHERE newest <> last_id`},
		{"I5", []string{"activity_marks"}, `SELECT CONCAT('read position of user ', user_id), CONCAT('0 to ', last_id), read_id
FROM activity_marks WHERE read_id < 0 OR read_id > last_id`},
	}
}

func interactionRules() []rule {
	likes := []string{"likes", "video_counts", "user_counts"}
	return []rule{
		{"I3", likes, equals("likes of video",
			`SELECT video_id AS id, COUNT(*) AS n FROM likes WHERE liked GROUP BY video_id`,
			`SELECT video_id AS id, likes AS n FROM video_counts`)},
		{"I3", []string{"comments", "video_counts"}, equals("comments of video",
			`SELECT video_id AS id, COUNT(*) AS n FROM comments WHERE NOT deleted GROUP BY video_id`,
			`SELECT video_id AS id, comments AS n FROM video_counts`)},
		{"I3", likes, equals("likes given by user",
			`SELECT user_id AS id, COUNT(*) AS n FROM likes WHERE liked GROUP BY user_id`,
			`SELECT user_id AS id, given AS n FROM user_counts`)},
		{"I3", likes, equals("likes received by user",
			`SELECT author_id AS id, COUNT(*) AS n FROM likes WHERE liked GROUP BY author_id`,
			`SELECT user_id AS id, received AS n FROM user_counts`)},
		{"I2", []string{"likes"}, toggles("likes", "'like of video ', video_id, ' by user ', user_id", "liked")},
	}
}

func relationRules() []rule {
	follows := []string{"follows", "counts"}
	return []rule{
		{"I3", follows, equals("follows of user",
			`SELECT user_id AS id, COUNT(*) AS n FROM follows WHERE following GROUP BY user_id`,
			`SELECT user_id AS id, follows AS n FROM counts`)},
		{"I3", follows, equals("followers of user",
			`SELECT target_id AS id, COUNT(*) AS n FROM follows WHERE following GROUP BY target_id`,
			`SELECT user_id AS id, followers AS n FROM counts`)},
		{"I6", []string{"follows"}, `SELECT CONCAT('user ', user_id), 'no follow of themselves', IF(following, 'one', 'an ended one')
FROM follows WHERE user_id = target_id`},
		{"I2", []string{"follows"}, toggles("follows", "'follow of user ', target_id, ' by user ', user_id", "following")},
	}
}

func chatRules() []rule {
	both := []string{"conversations", "messages"}
	return []rule{
		// The primary key allows each number once. So there is no gap if the numbers
		// begin with 1 and the highest one equals the number of messages.
		{"I5", both, `SELECT CONCAT('messages between ', low_id, ' and ', high_id), CONCAT('numbers 1 to ', last_seq),
	CONCAT(n, ' messages with numbers ', lowest, ' to ', highest)
FROM (SELECT c.low_id, c.high_id, c.last_seq, COUNT(m.seq) AS n, COALESCE(MIN(m.seq), 0) AS lowest, COALESCE(MAX(m.seq), 0) AS highest
	FROM conversations c LEFT JOIN messages m ON m.low_id = c.low_id AND m.high_id = c.high_id
	GROUP BY c.low_id, c.high_id, c.last_seq) numbered
WHERE n <> last_seq OR highest <> last_seq OR lowest <> LEAST(1, last_seq)`},
		{"I5", both, `SELECT CONCAT('message ', m.id), CONCAT('a conversation between ', m.low_id, ' and ', m.high_id), 'none'
FROM messages m LEFT JOIN conversations c ON c.low_id = m.low_id AND c.high_id = m.high_id WHERE c.low_id IS NULL`},
		{"I5", []string{"messages"}, `SELECT CONCAT('time of message ', seq, ' between ', low_id, ' and ', high_id),
	CONCAT('after ', earlier), created_at_ms
FROM (SELECT low_id, high_id, seq, created_at_ms, LAG(created_at_ms) OVER (PARTITION BY low_id, high_id ORDER BY seq) AS earlier
	FROM messages) timed
WHERE created_at_ms <= earlier`},
		{"I5", both, `SELECT CONCAT('newest message between ', c.low_id, ' and ', c.high_id),
	CONCAT('message ', m.id, ' of user ', m.from_id, ' at ', m.created_at_ms, ', ', CHAR_LENGTH(m.content), ' characters'),
	CONCAT('message ', c.last_id, ' of user ', c.last_from_id, ' at ', c.last_ms, ', ', CHAR_LENGTH(c.last_content), ' characters',
		IF(c.last_content = m.content, '', ', another text'))
FROM conversations c JOIN messages m ON m.low_id = c.low_id AND m.high_id = c.high_id AND m.seq = c.last_seq
WHERE m.id <> c.last_id OR m.from_id <> c.last_from_id OR m.created_at_ms <> c.last_ms OR m.content <> c.last_content`},
		{"I5", []string{"messages"}, `SELECT CONCAT('writer of message ', id), CONCAT('user ', low_id, ' or ', high_id), CONCAT('user ', from_id)
FROM messages WHERE from_id NOT IN (low_id, high_id)`},
		{"I5", []string{"conversations"}, `SELECT CONCAT('conversation between ', low_id, ' and ', high_id), 'the smaller id first', 'the larger id first'
FROM conversations WHERE low_id >= high_id`},
	}
}

// outboxRules compare waiting events with the rows of their subjects. Both were
// written in one transaction, so an event without its change means that the
// change is lost.
func outboxRules(service string) []rule {
	rules := []rule{{"I4", []string{"outbox"}, `SELECT CONCAT('event ', event_id, ' of ', subject),
	CONCAT('a version after ', earlier), CONCAT('version ', version)
FROM (SELECT event_id, subject, topic, version,
		LAG(version) OVER (PARTITION BY subject ORDER BY id) AS earlier,
		LAG(topic) OVER (PARTITION BY subject ORDER BY id) AS earlier_topic
	FROM outbox WHERE published_at_ms IS NULL) ordered
WHERE version < earlier OR (version = earlier AND topic = earlier_topic)`}}
	behind := func(kind, table, joined, version string) rule {
		return rule{"I1", []string{"outbox", table}, `SELECT CONCAT('row of event ', o.event_id, ' of ', o.subject),
	CONCAT('version ', o.version, ' or later'), COALESCE(CONCAT('version ', ` + version + `), 'no row')
FROM outbox o LEFT JOIN ` + table + ` r ON ` + joined + `
WHERE o.published_at_ms IS NULL AND o.subject LIKE '` + kind + `:%' AND COALESCE(` + version + `, 0) < o.version`}
	}
	switch service {
	case interaction:
		rules = append(rules,
			behind("like", "likes", `r.user_id = `+subjectPart(2)+` AND r.video_id = `+subjectPart(3), `r.version`),
			behind("comment", "comments", `r.id = `+subjectPart(2), `(1 + r.deleted)`))
	case video:
		// An event of a video that was deleted since is not behind any row.
		rules = append(rules, behind("video", "videos", `r.id = `+subjectPart(2),
			`COALESCE(r.version, (SELECT o.version FROM deleted_videos d WHERE d.video_id = `+subjectPart(2)+`))`))
	case relation:
		rules = append(rules, behind("follow", "follows", `r.user_id = `+subjectPart(2)+` AND r.target_id = `+subjectPart(3), `r.version`))
	case chat:
		rules = append(rules, behind("chat", "conversations", `r.low_id = `+subjectPart(2)+` AND r.high_id = `+subjectPart(3), `r.last_seq`))
	}
	return rules
}

// subjectPart returns the SQL of an id in the subject of an event such as
// "like:7:9". Parts count from 1.
func subjectPart(n int) string {
	return `CAST(SUBSTRING_INDEX(SUBSTRING_INDEX(o.subject, ':', ` + string(rune('0'+n)) + `), ':', -1) AS SIGNED)`
}
