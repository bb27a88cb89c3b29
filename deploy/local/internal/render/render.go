// Package render writes the copies of the checkout's Dapr resources that one
// stack runs with. The sources work as they are, with default ports and paths,
// for `dapr run`; a copy has this stack's ports, folders and app ids in their
// place, and nothing else changed.
package render

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Values is what a stack puts in the place of the defaults.
type Values struct {
	Suffix      string // appended to every app id
	RedisAddr   string // host:port
	ObjectsPath string // folder of the localstorage binding
	S3          S3     // of the aws.s3 binding
	SecretsFile string // file of the local.file secret store
	Resolver    Resolver
	OTLPAddr    string // host:port for spans; empty switches tracing off
}

// Resolver selects how sidecars find each other. Path is the database of the
// sqlite resolver.
type Resolver struct {
	Component string // "mdns" or "sqlite"
	Path      string
}

// S3 is a bucket of an S3 server.
type S3 struct {
	Endpoint string // URL
	Bucket   string
	Region   string
}

// Folder copies every YAML file of a folder, patched, into another one.
func Folder(from, to string, v Values) error {
	files, err := filepath.Glob(filepath.Join(from, "*.yaml"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("no YAML files in %s", from)
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for _, file := range files {
		if err := File(file, filepath.Join(to, filepath.Base(file)), v); err != nil {
			return err
		}
	}
	return nil
}

// File copies one YAML file, patched.
func File(from, to string, v Values) error {
	source, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	rendered, err := Text(source, v)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	return os.WriteFile(to, rendered, 0o600)
}

// Text patches every document of a YAML text.
func Text(source []byte, v Values) ([]byte, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	for decoder := yaml.NewDecoder(bytes.NewReader(source)); ; {
		var document yaml.Node
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if err := patch(&document, v); err != nil {
			return nil, err
		}
		stripComments(&document)
		if err := encoder.Encode(&document); err != nil {
			return nil, err
		}
	}
	if err := encoder.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func patch(document *yaml.Node, v Values) error {
	kind := field(document, "kind")
	if kind == nil {
		return errors.New("a document without kind")
	}
	appendEach(field(document, "scopes"), v.Suffix)
	switch kind.Value {
	case "Component":
		component(document, v)
	case "Resiliency":
		suffixKeys(field(document, "spec", "targets", "apps"), v.Suffix)
	case "Configuration":
		return configuration(document, v)
	}
	return nil
}

func component(document *yaml.Node, v Values) {
	replacements := map[string]string{
		"redisHost":   v.RedisAddr,
		"secretsFile": v.SecretsFile,
	}
	if kind := field(document, "spec", "type"); kind != nil {
		switch kind.Value {
		case "bindings.localstorage":
			replacements["rootPath"] = v.ObjectsPath
		case "bindings.aws.s3":
			replacements["endpoint"], replacements["bucket"], replacements["region"] = v.S3.Endpoint, v.S3.Bucket, v.S3.Region
		}
	}
	for name, value := range replacements {
		for _, entry := range items(document, name) {
			set(entry, "value", text(value))
		}
	}
	// "app1=topic1,topic2;app2=" names apps as scopes do.
	for _, entry := range items(document, "publishingScopes", "subscriptionScopes") {
		if value := field(entry, "value"); value != nil {
			set(entry, "value", text(suffixTopicScopes(value.Value, v.Suffix)))
		}
	}
}

func suffixTopicScopes(value, suffix string) string {
	parts := strings.Split(value, ";")
	for i, part := range parts {
		if app, topics, ok := strings.Cut(part, "="); ok {
			parts[i] = strings.TrimSpace(app) + suffix + "=" + topics
		}
	}
	return strings.Join(parts, ";")
}

func suffixKeys(mapping *yaml.Node, suffix string) {
	if mapping == nil {
		return
	}
	for i := 0; i < len(mapping.Content); i += 2 {
		mapping.Content[i] = text(mapping.Content[i].Value + suffix)
	}
}
