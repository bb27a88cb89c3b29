package contract_test

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/douyin-on-dapr/douyin/services/contract"
	eventv1 "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
)

// subscription is what the test reads of a declared one.
type subscription struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Metadata   struct {
		Name string `yaml:"name"`
	} `yaml:"metadata"`
	Spec struct {
		PubSubName string            `yaml:"pubsubname"`
		Topic      string            `yaml:"topic"`
		Metadata   map[string]string `yaml:"metadata"`
		Routes     struct {
			Default string `yaml:"default"`
		} `yaml:"routes"`
		DeadLetterTopic string `yaml:"deadLetterTopic"`
	} `yaml:"spec"`
	Scopes []contract.App `yaml:"scopes"`
}

// decodeAll reads every document of a YAML file.
func decodeAll[T any](t *testing.T, file string) []T {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []T
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var one T
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, one)
	}
}

// listens says which app takes which topic.
type listens struct {
	app   contract.App
	topic string
}

// keepsDeadLetters reports whether an app has a dead letter topic. Media has
// none: it has no database to keep letters in, and its only event is a hint that
// wakes a worker, which polls anyway, so a lost one costs seconds.
func keepsDeadLetters(app contract.App) bool { return app != contract.AppMedia }

// deadLetterTopic is empty for an app that keeps no dead letters.
func deadLetterTopic(app contract.App) string {
	if !keepsDeadLetters(app) {
		return ""
	}
	return contract.DeadLetterTopic(app)
}

// Each consumer of a topic has declared a subscription, with the path of its
// handler and a dead letter topic that it consumes too.
func TestSubscriptionsAreThoseOfTheTopics(t *testing.T) {
	want := map[listens]bool{}
	for _, topic := range eventv1.Topics() {
		for _, app := range topic.Consumers {
			want[listens{app, topic.Name}] = true
			if keepsDeadLetters(app) {
				want[listens{app, contract.DeadLetterTopic(app)}] = true
			}
		}
	}
	got, names := map[listens]bool{}, map[string]bool{}
	files, err := filepath.Glob(filepath.Join(root, "dapr", "resources", "subscriptions", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		app := contract.App(strings.TrimSuffix(filepath.Base(file), ".yaml"))
		for _, s := range decodeAll[subscription](t, file) {
			checkSubscription(t, app, s)
			if names[s.Metadata.Name] {
				t.Errorf("two subscriptions are called %s", s.Metadata.Name)
			}
			names[s.Metadata.Name] = true
			got[listens{app, s.Spec.Topic}] = true
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("declared are %v\nwant %v", got, want)
	}
}

func checkSubscription(t *testing.T, app contract.App, s subscription) {
	t.Helper()
	name := s.Metadata.Name
	if s.Kind != "Subscription" || s.APIVersion != "dapr.io/v2alpha1" {
		t.Errorf("%s is %s %s", name, s.APIVersion, s.Kind)
	}
	if s.Spec.PubSubName != contract.PubSub {
		t.Errorf("%s listens on %q", name, s.Spec.PubSubName)
	}
	if s.Spec.Routes.Default != contract.EventPath(s.Spec.Topic) {
		t.Errorf("%s brings its events to %q", name, s.Spec.Routes.Default)
	}
	if s.Spec.DeadLetterTopic != deadLetterTopic(app) {
		t.Errorf("%s has the dead letters in %q", name, s.Spec.DeadLetterTopic)
	}
	if !slices.Equal(s.Scopes, []contract.App{app}) {
		t.Errorf("%s is for %v", name, s.Scopes)
	}
	if raw := s.Spec.Metadata["rawPayload"] == "true"; raw != (s.Spec.Topic == contract.DeadLetterTopic(app)) {
		t.Errorf("%s is raw: %t", name, raw)
	}
}

func TestTopicsAreOfKnownAppsAndPayloads(t *testing.T) {
	for _, topic := range eventv1.Topics() {
		if eventv1.File_event_v1_event_proto.Messages().ByName(protoreflect.Name(topic.Payload)) == nil {
			t.Errorf("%s carries the unknown message %s", topic.Name, topic.Payload)
		}
		if !strings.HasPrefix(topic.Name, string(topic.Publisher)+".") {
			t.Errorf("%s is published by %s", topic.Name, topic.Publisher)
		}
		for _, app := range append(slices.Clone(topic.Consumers), topic.Publisher) {
			if !slices.Contains(contract.Apps(), app) {
				t.Errorf("%s names the unknown app %s", topic.Name, app)
			}
		}
	}
}

// resiliency is what the test reads of the policies.
type resiliency struct {
	Spec struct {
		Policies struct {
			Timeouts map[string]string `yaml:"timeouts"`
			Retries  map[string]struct {
				Policy      string `yaml:"policy"`
				MaxInterval string `yaml:"maxInterval"`
				MaxRetries  int    `yaml:"maxRetries"`
			} `yaml:"retries"`
		} `yaml:"policies"`
		Targets struct {
			Components map[string]struct {
				Inbound struct {
					Timeout string `yaml:"timeout"`
					Retry   string `yaml:"retry"`
				} `yaml:"inbound"`
			} `yaml:"components"`
		} `yaml:"targets"`
	} `yaml:"spec"`
}

// What the sidecar's exponential policy does by default: it begins with 0.5 s,
// takes half as much more each time, and each pause up to half longer by chance.
const (
	firstPause = 500 * time.Millisecond
	growth     = 1.5
	chance     = 1.5
)

// A broker that gives up waiting before the sidecar gives up retrying delivers
// an event a second time beside itself.
func TestRetriesOfEventsEndBeforeTheBrokerDeliversAgain(t *testing.T) {
	policies := decodeAll[resiliency](t, filepath.Join(root, "dapr", "resources", "resiliency.yaml"))[0].Spec
	inbound := policies.Targets.Components[contract.PubSub].Inbound
	retry, known := policies.Policies.Retries[inbound.Retry]
	if !known || retry.Policy != "exponential" || retry.MaxRetries <= 0 {
		t.Fatalf("events are retried by %+v", retry)
	}
	attempt, longest := duration(t, policies.Policies.Timeouts[inbound.Timeout]), duration(t, retry.MaxInterval)
	total := attempt
	for n := range retry.MaxRetries {
		pause := float64(firstPause) * math.Pow(growth, float64(n))
		total += time.Duration(chance*math.Min(pause, float64(longest))) + attempt
	}
	files, err := filepath.Glob(filepath.Join(root, "components", "*", "pubsub.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no pubsub: %v", err)
	}
	for _, file := range files {
		for _, component := range decodeAll[resource](t, file) {
			for _, item := range component.Spec.Metadata {
				if item.Name == "processingTimeout" && duration(t, item.Value) <= total {
					t.Errorf("%s: processingTimeout is %s, the retries may take %v", file, item.Value, total)
				}
			}
		}
	}
}

func duration(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
