package daprx

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	runtimev1 "github.com/dapr/dapr/pkg/proto/runtime/v1"

	"github.com/douyin-on-dapr/douyin/services/platform/cloudevent"
	"github.com/douyin-on-dapr/douyin/services/platform/errs"
)

// maxPublishBytes limits the events of one request: the sidecar refuses requests above
// 4 MiB.
const maxPublishBytes = 1 << 20

// Publisher publishes to one pub/sub component.
type Publisher struct {
	sidecar   *Sidecar
	component string
}

// Publisher returns the publisher of a pub/sub component; nothing is sent yet.
func (s *Sidecar) Publisher(pubsub string) *Publisher {
	return &Publisher{sidecar: s, component: pubsub}
}

// PublishAll publishes events to one topic in as few requests as their size allows, in
// no particular order. Subscribers receive each event in its own envelope: id, source,
// type, subject, time, trace and version are unchanged.
//
// failed lists the indexes, ascending, of the events that the broker did not confirm;
// err is the error of the first failed request, nil if there is none. If a broker
// refuses some events of a request, the sidecar (1.18) does not say which, so all events
// of the request count as failed and some may be published again.
func (p *Publisher) PublishAll(ctx context.Context, topic string, events []cloudevent.Event) (failed []int, err error) {
	for first := 0; first < len(events); {
		request, encodeErr := p.request(topic, events, first)
		if encodeErr != nil {
			return append(failed, indexes(first, len(events))...), errors.Join(err, encodeErr)
		}
		next := first + len(request.GetEntries())
		refused, publishErr := p.publish(ctx, request)
		if publishErr != nil {
			if refused == nil {
				refused = indexes(first, next)
			}
			failed = append(failed, refused...)
			if err == nil {
				err = publishErr
			}
		}
		first = next
	}
	return failed, err
}

// request returns a request with events from index first on, at least one.
func (p *Publisher) request(topic string, events []cloudevent.Event, first int) (*runtimev1.BulkPublishRequest, error) {
	request := &runtimev1.BulkPublishRequest{
		PubsubName: p.component, Topic: topic,
		// The events have their envelopes already. The sidecar would parse and encode
		// each again, which costs more than publishing it.
		Metadata: map[string]string{"rawPayload": "true"},
	}
	size := 0
	for i := first; i < len(events); i++ {
		body, err := json.Marshal(events[i])
		if err != nil {
			return nil, &errs.Error{Code: errs.Internal, Op: opPublish, Cause: fmt.Errorf("event %s: %w", events[i].ID, err)}
		}
		if size += len(body); size > maxPublishBytes && i > first {
			break
		}
		request.Entries = append(request.Entries, &runtimev1.BulkPublishRequestEntry{
			EntryId:     strconv.Itoa(i),
			Event:       body,
			ContentType: cloudevent.ContentType,
		})
	}
	return request, nil
}

// publish sends one request. It returns the indexes of refused events, or nil with an
// error if the whole request failed or may have failed.
func (p *Publisher) publish(ctx context.Context, request *runtimev1.BulkPublishRequest) ([]int, error) {
	ctx, cancel := bounded(ctx, p.sidecar.timeout)
	defer cancel()
	answer, err := p.sidecar.client.GrpcClient().BulkPublishEvent(ctx, request)
	if err != nil {
		return nil, apiError(opPublish, fmt.Errorf("topic %s: %w", request.GetTopic(), err))
	}
	refusals := answer.GetFailedEntries()
	if len(refusals) == 0 {
		return nil, nil
	}
	cause := componentFault(opPublish, fmt.Errorf("topic %s: %s", request.GetTopic(), refusals[0].GetError()))
	refused := make([]int, len(refusals))
	for i, refusal := range refusals {
		if refused[i], err = strconv.Atoi(refusal.GetEntryId()); err != nil {
			return nil, cause // unknown which events failed
		}
	}
	slices.Sort(refused)
	return refused, cause
}

const opPublish = "daprx.PublishAll"

// indexes returns the numbers from first to end-1.
func indexes(first, end int) []int {
	all := make([]int, 0, end-first)
	for i := first; i < end; i++ {
		all = append(all, i)
	}
	return all
}
