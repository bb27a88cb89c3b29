package contract_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	_ "github.com/douyin-on-dapr/douyin/services/contract/chat/v1"
	_ "github.com/douyin-on-dapr/douyin/services/contract/event/v1"
	_ "github.com/douyin-on-dapr/douyin/services/contract/hot/v1"
	_ "github.com/douyin-on-dapr/douyin/services/contract/hotentry/v1"
	_ "github.com/douyin-on-dapr/douyin/services/contract/interaction/v1"
	_ "github.com/douyin-on-dapr/douyin/services/contract/relation/v1"
	_ "github.com/douyin-on-dapr/douyin/services/contract/user/v1"
	_ "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

const baselineFile = "testdata/baseline.txt"

// baselineMode is how the test treats the baseline file. See README.md.
var baselineMode = flag.String("baseline", "check", "check the contract against "+baselineFile+"; add: then add what is new to it; renew: replace it")

// A program of the previous version may still run, and stored bytes stay: a
// message, field, enum value or method keeps its number, name and type.
func TestContractKeepsItsBaseline(t *testing.T) {
	current := contractFacts(t)
	stored, err := os.ReadFile(baselineFile)
	if err != nil && *baselineMode != "renew" {
		t.Fatal(err)
	}
	baseline := strings.Split(strings.TrimSpace(string(stored)), "\n")
	if *baselineMode == "renew" {
		baseline = current
	}
	for _, fact := range broken(baseline, current) {
		t.Errorf("removed or changed: %s", fact)
	}
	switch {
	case t.Failed():
		t.Log("README.md says how to change a contract, and how to renew the baseline")
	case *baselineMode != "check":
		writeBaseline(t, current)
	}
}

// broken lists the facts of the baseline that no longer hold.
func broken(baseline, current []string) []string {
	return slices.DeleteFunc(slices.Clone(baseline), func(fact string) bool { return slices.Contains(current, fact) })
}

func writeBaseline(t *testing.T, facts []string) {
	t.Helper()
	text := strings.Join(facts, "\n") + "\n"
	if err := os.WriteFile(baselineFile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// contractFacts describes all .proto files of this folder, one fact per line.
func contractFacts(t *testing.T) []string {
	t.Helper()
	var facts []string
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".proto" {
			return err
		}
		file, err := protoregistry.GlobalFiles.FindFileByPath(filepath.ToSlash(path))
		if err != nil {
			return fmt.Errorf("%w: this test has to import the package of %s", err, path)
		}
		facts = append(facts, fileFacts(file)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(facts)
	return facts
}

func fileFacts(file protoreflect.FileDescriptor) []string {
	facts := typeFacts(file.Messages(), file.Enums())
	for i := range file.Services().Len() {
		service := file.Services().Get(i)
		facts = append(facts, fmt.Sprintf("service %s", service.FullName()))
		for j := range service.Methods().Len() {
			facts = append(facts, methodFacts(service.Methods().Get(j))...)
		}
	}
	return facts
}

func typeFacts(messages protoreflect.MessageDescriptors, enums protoreflect.EnumDescriptors) []string {
	var facts []string
	for i := range messages.Len() {
		message := messages.Get(i)
		facts = append(facts, fmt.Sprintf("message %s", message.FullName()))
		for j := range message.Fields().Len() {
			facts = append(facts, fieldFact(message.Fields().Get(j)))
		}
		facts = append(facts, typeFacts(message.Messages(), message.Enums())...)
	}
	for i := range enums.Len() {
		enum := enums.Get(i)
		facts = append(facts, fmt.Sprintf("enum %s", enum.FullName()))
		for j := range enum.Values().Len() {
			value := enum.Values().Get(j)
			facts = append(facts, fmt.Sprintf("enum %s: %d %s", enum.FullName(), value.Number(), value.Name()))
		}
	}
	return facts
}

// fieldFact holds what the binary form and the JSON form of a field depend on.
func fieldFact(field protoreflect.FieldDescriptor) string {
	kind := field.Kind().String()
	switch {
	case field.Message() != nil:
		kind = string(field.Message().FullName())
	case field.Enum() != nil:
		kind = string(field.Enum().FullName())
	}
	label := ""
	switch {
	case field.Cardinality() == protoreflect.Repeated:
		label = "repeated "
	case field.HasOptionalKeyword():
		label = "optional "
	case field.ContainingOneof() != nil:
		label = fmt.Sprintf("oneof %s ", field.ContainingOneof().Name())
	}
	return fmt.Sprintf("message %s: %d %s%s %s %q", field.Parent().FullName(), field.Number(), label, kind, field.Name(), field.JSONName())
}

// methodFacts has the idempotency level in a fact of its own: callers retry
// because of it, so a method may get one and must not lose it.
func methodFacts(method protoreflect.MethodDescriptor) []string {
	name := fmt.Sprintf("service %s: %s", method.Parent().FullName(), method.Name())
	stream := func(on bool) string {
		if on {
			return "stream "
		}
		return ""
	}
	facts := []string{fmt.Sprintf("%s(%s%s) returns (%s%s)", name,
		stream(method.IsStreamingClient()), method.Input().FullName(), stream(method.IsStreamingServer()), method.Output().FullName())}
	level := protodesc.ToMethodDescriptorProto(method).GetOptions().GetIdempotencyLevel()
	if level != descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN {
		facts = append(facts, fmt.Sprintf("%s is %s", name, level))
	}
	return facts
}

// The check notices each kind of change that breaks a caller or stored bytes,
// and lets additions pass.
func TestBaselineNoticesWhatBreaks(t *testing.T) {
	const path = "video/v1/video.proto"
	tests := []struct {
		name   string
		change func(*descriptorpb.FileDescriptorProto)
		want   int // facts that no longer hold
	}{
		{"nothing", func(*descriptorpb.FileDescriptorProto) {}, 0},
		{"field added", func(f *descriptorpb.FileDescriptorProto) {
			added := proto.CloneOf(messageOf(f, "WorkCount").GetField()[0])
			added.Name, added.JsonName, added.Number = proto.String("extra"), proto.String("extra"), proto.Int32(99)
			messageOf(f, "WorkCount").Field = append(messageOf(f, "WorkCount").Field, added)
		}, 0},
		{"value added", func(f *descriptorpb.FileDescriptorProto) {
			f.EnumType[0].Value = append(f.EnumType[0].Value, &descriptorpb.EnumValueDescriptorProto{Name: proto.String("STATE_NEW"), Number: proto.Int32(99)})
		}, 0},
		{"field removed", func(f *descriptorpb.FileDescriptorProto) {
			messageOf(f, "WorkCount").Field = messageOf(f, "WorkCount").Field[:1]
		}, 1},
		{"field renamed", func(f *descriptorpb.FileDescriptorProto) {
			messageOf(f, "WorkCount").Field[1].Name = proto.String("count")
		}, 1},
		{"field renumbered", func(f *descriptorpb.FileDescriptorProto) {
			messageOf(f, "WorkCount").Field[1].Number = proto.Int32(3)
		}, 1},
		{"type changed", func(f *descriptorpb.FileDescriptorProto) {
			messageOf(f, "WorkCount").Field[1].Type = descriptorpb.FieldDescriptorProto_TYPE_INT32.Enum()
		}, 1},
		{"made repeated", func(f *descriptorpb.FileDescriptorProto) {
			messageOf(f, "WorkCount").Field[1].Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
		}, 1},
		{"value renumbered", func(f *descriptorpb.FileDescriptorProto) {
			f.EnumType[0].Value[1].Number = proto.Int32(99)
		}, 1},
		{"idempotent method removed", func(f *descriptorpb.FileDescriptorProto) {
			f.Service[0].Method = slices.DeleteFunc(f.Service[0].Method, func(m *descriptorpb.MethodDescriptorProto) bool { return m.GetName() == "Feed" })
		}, 2},
		{"idempotency removed", func(f *descriptorpb.FileDescriptorProto) {
			for _, m := range f.Service[0].Method {
				if m.GetName() == "Feed" {
					m.Options = nil
				}
			}
		}, 1},
	}
	file, err := protoregistry.GlobalFiles.FindFileByPath(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			changed := protodesc.ToFileDescriptorProto(file)
			tt.change(changed)
			after, err := protodesc.NewFile(changed, protoregistry.GlobalFiles)
			if err != nil {
				t.Fatal(err)
			}
			if got := broken(fileFacts(file), fileFacts(after)); len(got) != tt.want {
				t.Errorf("broken are %q, want %d", got, tt.want)
			}
		})
	}
}

func messageOf(file *descriptorpb.FileDescriptorProto, name string) *descriptorpb.DescriptorProto {
	i := slices.IndexFunc(file.GetMessageType(), func(m *descriptorpb.DescriptorProto) bool { return m.GetName() == name })
	return file.GetMessageType()[i]
}
