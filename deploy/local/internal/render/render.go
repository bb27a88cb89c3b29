// Package render writes the copies of the checkout's Dapr resources that one
// stack runs with. The sources work unchanged with `dapr run`, on default ports
// and paths; the copies have this stack's ports, paths and app ids.
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

// Values replace the defaults of the sources.
type Values struct {
	Suffix      string // appended to every app id
	RedisAddr   string // host:port
	ObjectsPath string // folder of the localstorage binding
	S3          S3     // of the aws.s3 binding
	SecretsFile string // file of the local.file secret store
	Resolver    Resolver
	OTLPAddr    string // host:port for spans; empty disables tracing
	Metrics     bool   // sidecars count calls, at their metrics ports
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

// Folder copies and patches every YAML file of a folder.
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

// File copies and patches one YAML file.
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

// object is a mapping of a YAML document.
type object map[string]any

// document has the keys of all kinds of resources.
type document struct {
	APIVersion string   `yaml:"apiVersion"`
	Kind       string   `yaml:"kind"`
	Metadata   object   `yaml:"metadata"`
	Auth       object   `yaml:"auth,omitempty"`
	Spec       object   `yaml:"spec"`
	Scopes     []string `yaml:"scopes,omitempty"`
}

// Text patches every document of a YAML text. It refuses a key that no kind of
// resource has.
func Text(source []byte, v Values) ([]byte, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	decoder := yaml.NewDecoder(bytes.NewReader(source))
	decoder.KnownFields(true)
	for {
		var d document
		if err := decoder.Decode(&d); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if err := d.patch(v); err != nil {
			return nil, err
		}
		if err := encoder.Encode(d); err != nil {
			return nil, err
		}
	}
	if err := encoder.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (d *document) patch(v Values) error {
	for i := range d.Scopes {
		d.Scopes[i] += v.Suffix
	}
	switch d.Kind {
	case "":
		return errors.New("a document without kind")
	case "Component":
		component(d.Spec, v)
	case "Resiliency":
		targets, _ := d.Spec["targets"].(object)
		if apps, ok := targets["apps"].(object); ok {
			renamed := object{}
			for id, policy := range apps {
				renamed[id+v.Suffix] = policy
			}
			targets["apps"] = renamed
		}
	case "Subscription":
		// Subscriptions name apps only as scopes.
	case "Configuration":
		return configuration(d.Spec, v)
	default:
		return fmt.Errorf("unknown kind %q", d.Kind)
	}
	return nil
}

func component(spec object, v Values) {
	values := map[string]string{"redisHost": v.RedisAddr, "secretsFile": v.SecretsFile}
	switch spec["type"] {
	case "bindings.localstorage":
		values["rootPath"] = v.ObjectsPath
	case "bindings.aws.s3":
		values["endpoint"], values["bucket"], values["region"] = v.S3.Endpoint, v.S3.Bucket, v.S3.Region
	}
	entries, _ := spec["metadata"].([]any)
	for _, one := range entries {
		entry, _ := one.(object)
		name, _ := entry["name"].(string)
		old, _ := entry["value"].(string)
		if value, replaced := values[name]; replaced {
			entry["value"] = value
		} else if name == "publishingScopes" || name == "subscriptionScopes" {
			entry["value"] = suffixTopicScopes(old, v.Suffix)
		}
	}
}

// suffixTopicScopes renames the apps of "app1=topic1,topic2;app2=".
func suffixTopicScopes(value, suffix string) string {
	parts := strings.Split(value, ";")
	for i, part := range parts {
		if app, topics, ok := strings.Cut(part, "="); ok {
			parts[i] = strings.TrimSpace(app) + suffix + "=" + topics
		}
	}
	return strings.Join(parts, ";")
}

// configuration sets the resolver, the endpoint for spans and the app ids of the
// call graph.
func configuration(spec object, v Values) error {
	if spec == nil {
		return errors.New("configuration without spec")
	}
	resolver := object{"component": v.Resolver.Component}
	switch v.Resolver.Component {
	case "mdns":
	case "sqlite":
		// A registration expires after updateInterval and is renewed timeout earlier;
		// the default second is too short for a machine that is compiling. The hourly
		// clean-up has crashed sidecars and is not needed: a stack has one row per
		// sidecar.
		resolver["configuration"] = object{
			"connectionString": v.Resolver.Path, "updateInterval": "30s", "timeout": "15s", "cleanupInterval": "0",
		}
	default:
		return fmt.Errorf("unknown resolver %q", v.Resolver.Component)
	}
	spec["nameResolution"] = resolver
	if v.OTLPAddr != "" {
		spec["tracing"] = object{
			"samplingRate": "1",
			"otel":         object{"endpointAddress": v.OTLPAddr, "isSecure": false, "protocol": "grpc"},
		}
	}
	if v.Metrics {
		spec["metric"] = object{"enabled": true}
	}
	access, _ := spec["accessControl"].(object)
	policies, _ := access["policies"].([]any)
	for _, one := range policies {
		if policy, ok := one.(object); ok {
			policy["appId"] = fmt.Sprint(policy["appId"], v.Suffix)
		}
	}
	return nil
}
