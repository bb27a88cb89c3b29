package daprtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// component returns one component; metadata alternates names and values.
func component(name, kind string, metadata ...string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: %s\nspec:\n  type: %s\n  version: v1\n  metadata:\n", name, kind)
	for i := 0; i+1 < len(metadata); i += 2 {
		fmt.Fprintf(&text, "  - name: %s\n    value: %q\n", metadata[i], metadata[i+1])
	}
	return text.String()
}

// RedisState returns a state store in the Redis at address, with a literal prefix as in
// all environments.
func RedisState(name, address, prefix string) string {
	return component(name, "state.redis", "redisHost", address, "keyPrefix", prefix)
}

// MemoryState returns a state store in the sidecar's memory.
func MemoryState(name string) string {
	return component(name, "state.in-memory", "keyPrefix", "none")
}

// FolderBlobs returns an object store in a folder.
func FolderBlobs(name, folder string) string {
	return component(name, "bindings.localstorage", "rootPath", folder)
}

// BucketBlobs returns an object store in a bucket of an S3 server.
func BucketBlobs(name, endpoint, bucket, accessKey, secretKey string) string {
	return component(name, "bindings.aws.s3", "endpoint", endpoint, "region", "us-east-1", "bucket", bucket,
		"forcePathStyle", "true", "accessKey", accessKey, "secretKey", secretKey)
}

// FileSecrets returns a secret store that reads a flat JSON file.
func FileSecrets(name, file string) string {
	return component(name, "secretstores.local.file", "secretsFile", file)
}

// configuration is the part of a sidecar's configuration that tests change.
type configuration struct {
	APIVersion string         `yaml:"apiVersion"`
	Kind       string         `yaml:"kind"`
	Metadata   map[string]any `yaml:"metadata"`
	Spec       map[string]any `yaml:"spec"`
}

// writeConfiguration writes the configuration of all environments, so that tests use
// its API allow-list, except that the sidecar registers itself in the file names, or in
// a private one: tests do not depend on multicast.
func writeConfiguration(t testing.TB, names string) string {
	t.Helper()
	text, err := os.ReadFile(inCheckout(t, "dapr/config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var c configuration
	if err := yaml.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if names == "" {
		names = filepath.Join(folder, "names.db")
	}
	c.Spec["nameResolution"] = map[string]any{
		"component":     "sqlite",
		"configuration": map[string]string{"connectionString": names},
	}
	text, err = yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "configuration.yaml")
	writeFile(t, path, string(text))
	return path
}
