package audit_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/opsharness"
)

// videoBreakages violate invariants of the lifecycle of videos.
func videoBreakages() []breakage {
	const video, interaction = "video", "interaction"
	return []breakage{
		{"a waiting video is counted as a work", video, `UPDATE authors SET works = 2 WHERE author_id = 2`,
			[]string{"I3 works of user 2: expected 1, found 2"}, false},
		{"a video that waits without a job", video, `DELETE FROM jobs; DELETE FROM outputs WHERE video_id = 104`,
			[]string{"I1 job of video 104: expected one, as it waits, found none"}, false},
		{"a job of a failed video", video, `INSERT INTO jobs (video_id, due_at_ms) VALUES (105, 1)`,
			[]string{"I1 job of video 105: expected a video to process, found one that has failed"}, false},
		{"a job of no video", video, `INSERT INTO jobs (video_id, due_at_ms) VALUES (190, 1)`,
			[]string{"I1 job of video 190: expected a video to process, found none"}, false},
		{"a ready video without a cover", video, `UPDATE videos SET cover_key = NULL WHERE id = 102`,
			[]string{"I8 video 102: expected a cover and something to play, as it is ready, found no cover"}, false},
		{"a ready video without anything", video, `UPDATE videos SET cover_key = NULL, play_key = NULL WHERE id = 102`,
			[]string{"I8 video 102: expected a cover and something to play, as it is ready, found nothing to play, no cover"}, false},
		{"a video from before covers existed", video, `UPDATE videos SET cover_key = NULL, attempt = 0 WHERE id = 102; DELETE FROM outputs WHERE video_id = 102`,
			nil, false},
		{"a ready video that is not in the feed", video, `UPDATE videos SET shown_at_ms = NULL WHERE id = 102`,
			[]string{"I9 video 102: expected a time in the feed, as it is ready, found none"}, false},
		{"a failed video that is in the feed", video, `UPDATE videos SET shown_at_ms = 7 WHERE id = 105`,
			[]string{"I9 video 105: expected none in the feed, as it is not ready, found 7"}, false},
		{"a video that failed for no reason", video, `UPDATE videos SET failure_reason = '' WHERE id = 105`,
			[]string{"I1 video 105: expected a reason, as it has failed, found "}, false},
		{"objects of a lost attempt", video, `INSERT INTO outputs (video_id, attempt, layout, extents) VALUES (104, 1, 0, '[]')`,
			[]string{"I8 objects of attempt 1 at video 104: expected the attempt that has the job or gave the result, found attempts 2 and none"}, false},
		{"objects of no video", video, `INSERT INTO outputs (video_id, attempt, layout, extents) VALUES (191, 1, 0, '[]')`,
			[]string{"I8 objects of attempt 1 at video 191: expected the attempt that has the job or gave the result, found attempts none and none"}, false},
		{"no row names the outputs of a video", video, `DELETE FROM outputs WHERE video_id = 103`,
			[]string{"I8 objects of attempt 1 at video 103: expected a row that names them, as the video has them, found none"}, false},
		{"rows of a deleted video", video, `INSERT INTO deleted_videos (video_id, author_id, deleted_at_ms) VALUES (103, 2, 1), (110, 3, 1)`,
			[]string{
				"I8 deleted video 103: expected no rows of it, found a video and outputs",
				"I8 deleted video 110: expected no rows of it, found an upload",
				"I8 likes and comments of the deleted video 103: expected none, found 1 likes, it accepts new ones",
				"I8 likes and comments of the deleted video 110: expected none, found it accepts new ones",
			}, false},
		{"a video waits for hours", video, `UPDATE videos SET published_at_ms = 1000 WHERE id = 104`,
			[]string{"I1 videos waiting for processing"}, false},
		{"a like of a deleted video", interaction, `INSERT INTO likes VALUES (2, 106, 2, TRUE, 1, 1000);
			INSERT INTO comments VALUES (204, 106, 2, 2, 'x', NULL, 1000, FALSE);
			UPDATE video_counts SET likes = 1, comments = 1 WHERE video_id = 106; UPDATE user_counts SET given = 2, received = 2 WHERE user_id = 2`,
			[]string{"I8 likes and comments of the deleted video 106: expected none, found 1 likes, 1 comments"}, false},
		{"a tombstone that was pruned", video, `DELETE FROM deleted_videos WHERE video_id = 106; INSERT INTO tombstones_pruned VALUES (1, 106)`,
			nil, false},
		{"a tombstone that is lost", video, `DELETE FROM deleted_videos WHERE video_id = 106; INSERT INTO tombstones_pruned VALUES (1, 105)`,
			[]string{
				"I8 video 106, named in interaction.likes: expected a video, found none",
				"I8 video 106, named in interaction.video_counts: expected a video, found none",
				"I8 video 106, gone in interaction.video_counts: expected a deleted video, found none",
			}, false},
		{"a purge that does not end", interaction, `INSERT INTO purges (video_id, created_at_ms) VALUES (106, 1000)`,
			[]string{"I8 likes and comments of the deleted video 106: expected none, found a purge"}, false},
		{"a deleted video takes likes", interaction, `UPDATE video_counts SET gone = FALSE WHERE video_id = 106`,
			[]string{"I8 likes and comments of the deleted video 106: expected none, found it accepts new ones"}, false},
		{"an existing video takes no likes", interaction, `UPDATE video_counts SET gone = TRUE WHERE video_id = 103`,
			[]string{"I8 video 103, gone in interaction.video_counts: expected a deleted video, found none"}, false},
	}
}

// A long queue is a note, not a violation.
func testVideosThatWaitLong(t *testing.T, d opsharness.Databases) {
	h := newHarness(t, d)
	h.Exec(t, "video", `UPDATE videos SET published_at_ms = ? WHERE id = 104`, time.Now().Add(-20*time.Minute).UnixMilli())
	report := run(t, h.onlyRows())
	wantViolations(t, report)
	if !slices.ContainsFunc(report.Notes, func(note string) bool {
		return strings.HasPrefix(note, "video: 1 videos, such as 104, have waited for processing longer than 10m0s")
	}) {
		t.Errorf("notes %q", report.Notes)
	}
}

// A purge that is at work is not reported, whatever is left.
func testPurgeUnderWay(t *testing.T, d opsharness.Databases) {
	h := newHarness(t, d)
	h.Exec(t, "interaction", `UPDATE likes SET liked = TRUE, version = 1 WHERE video_id = 106`)
	h.Exec(t, "interaction", `UPDATE video_counts SET likes = 1 WHERE video_id = 106`)
	h.Exec(t, "interaction", `UPDATE user_counts SET given = given + (user_id = 1), received = received + (user_id = 2)`)
	h.Exec(t, "interaction", `INSERT INTO purges (video_id, created_at_ms) VALUES (106, ?)`, time.Now().UnixMilli())
	h.Exec(t, "user", `UPDATE activities SET version = 1, present = TRUE WHERE subject = 'like:1:106'`)
	wantViolations(t, run(t, h.onlyRows()))
}
