package audit

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/servicedb"
)

// How long a video may wait for and be in processing: longer is a note, much longer
// a violation. A queue of long videos takes a while.
const (
	longProcessing  = 10 * time.Minute
	stuckProcessing = time.Hour
)

// The states of a video in the rows; readyState is in hot_feed.go.
const (
	uploadedState   = "1"
	failedState     = "3"
	processingState = "4"
)

func videoRules() []rule {
	jobs, ready := []string{"videos", "jobs"}, strconv.Itoa(readyState)
	return []rule{
		// Only ready videos count as works.
		{"I3", []string{"videos", "authors"}, equals("works of user",
			`SELECT author_id AS id, COUNT(*) AS n FROM videos WHERE state = `+ready+` GROUP BY author_id`,
			`SELECT author_id AS id, works AS n FROM authors`)},
		{"I9", []string{"videos"}, `SELECT CONCAT('videos published at ', published_at_ms), 1, COUNT(*)
FROM videos GROUP BY published_at_ms HAVING COUNT(*) > 1`},
		{"I9", []string{"videos"}, `SELECT CONCAT('videos in the feed at ', shown_at_ms), 1, COUNT(*)
FROM videos WHERE shown_at_ms IS NOT NULL GROUP BY shown_at_ms HAVING COUNT(*) > 1`},
		{"I9", []string{"videos"}, `SELECT CONCAT('video ', id), IF(shown_at_ms IS NULL, 'a time in the feed, as it is ready', 'none in the feed, as it is not ready'),
	COALESCE(shown_at_ms, 'none') FROM videos WHERE (shown_at_ms IS NOT NULL) <> (state = ` + ready + `)`},
		{"I8", []string{"videos", "uploads"}, `SELECT CONCAT('upload of video ', u.video_id), 'gone, as it is published', 'still open'
FROM uploads u JOIN videos v ON v.id = u.video_id`},
		{"I8", []string{"videos"}, `SELECT CONCAT('object of video ', id), 'a size above 0', CONCAT(source_size, ' in parts of ', source_part_size)
FROM videos WHERE source_size <= 0 OR source_part_size <= 0`},
		// Videos that were uploaded before processing existed have no cover until
		// they are processed.
		{"I8", []string{"videos"}, `SELECT CONCAT('video ', id), 'a cover and something to play, as it is ready',
	CONCAT(IF(play_key IS NULL, 'nothing to play', ''), IF(play_key IS NULL AND cover_key IS NULL, ', ', ''), IF(cover_key IS NULL, 'no cover', ''))
FROM videos WHERE state = ` + ready + ` AND (play_key IS NULL OR (cover_key IS NULL AND attempt > 0))`},
		{"I1", []string{"videos"}, `SELECT CONCAT('video ', id), IF(failure_reason = '', 'a reason, as it has failed', 'no reason, as it has not failed'), failure_reason
FROM videos WHERE (failure_reason <> '') <> (state = ` + failedState + `)`},
		{"I1", jobs, `SELECT CONCAT('job of video ', v.id), 'one, as it waits', 'none'
FROM videos v LEFT JOIN jobs j ON j.video_id = v.id WHERE v.state IN (` + uploadedState + `, ` + processingState + `) AND j.video_id IS NULL`},
		{"I1", jobs, `SELECT CONCAT('job of video ', j.video_id), 'a video to process', IF(v.id IS NULL, 'none', 'one that has failed')
FROM jobs j LEFT JOIN videos v ON v.id = j.video_id WHERE v.id IS NULL OR v.state = ` + failedState},
		{"I8", []string{"videos", "jobs", "outputs"}, `SELECT CONCAT('objects of attempt ', o.attempt, ' at video ', o.video_id), 'the attempt that has the job or gave the result',
	CONCAT('attempts ', COALESCE(j.attempt, 'none'), ' and ', IF(v.state = ` + ready + `, v.attempt, 'none'))
FROM outputs o LEFT JOIN jobs j ON j.video_id = o.video_id LEFT JOIN videos v ON v.id = o.video_id
WHERE NOT (o.attempt <=> j.attempt) AND NOT (o.attempt <=> IF(v.state = ` + ready + `, v.attempt, NULL))`},
		{"I8", []string{"videos", "outputs"}, `SELECT CONCAT('objects of attempt ', v.attempt, ' at video ', v.id), 'a row that names them, as the video has them', 'none'
FROM videos v LEFT JOIN outputs o ON o.video_id = v.id AND o.attempt = v.attempt WHERE v.state = ` + ready + ` AND v.attempt > 0 AND o.video_id IS NULL`},
		{"I8", []string{"deleted_videos", "videos", "uploads", "jobs", "outputs"}, `SELECT CONCAT('deleted video ', d.video_id), 'no rows of it', GROUP_CONCAT(r.found ORDER BY r.found SEPARATOR ' and ')
FROM deleted_videos d JOIN (SELECT id, 'a video' AS found FROM videos UNION SELECT video_id, 'an upload' FROM uploads
	UNION SELECT video_id, 'a job' FROM jobs UNION SELECT video_id, 'outputs' FROM outputs) r ON r.id = d.video_id
GROUP BY d.video_id`},
	}
}

// sqlWaiting selects the videos that have waited since before a time.
const sqlWaiting = `SELECT COUNT(*), COALESCE(MIN(id), 0), COALESCE(MIN(published_at_ms), 0) FROM videos
WHERE state IN (` + uploadedState + `, ` + processingState + `) AND published_at_ms < ?`

// waitingVideos reports videos that have waited very long for their processing.
func (a *auditor) waitingVideos(ctx context.Context, q servicedb.Querier) error {
	type long struct{ videos, first, since int64 }
	now := time.Now()
	found, err := servicedb.Collect(ctx, q, sqlWaiting, func(l *long) []any { return []any{&l.videos, &l.first, &l.since} },
		now.Add(-longProcessing).UnixMilli())
	if err != nil || found[0].videos == 0 {
		return err
	}
	l := found[0]
	age := now.Sub(time.UnixMilli(l.since)).Round(time.Second)
	if age < stuckProcessing {
		a.report.note("video: %d videos, such as %d, have waited for processing longer than %s, up to %s", l.videos, l.first, longProcessing, age)
		return nil
	}
	a.report.violate(Violation{
		Invariant: "I1", What: "videos waiting for processing", Expected: "none for longer than " + stuckProcessing.String(),
		Found: fmt.Sprintf("%d for longer than %s, such as %d, up to %s", l.videos, longProcessing, l.first, age),
	})
	return nil
}
