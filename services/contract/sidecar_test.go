package contract_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// The sidecar registers a component if and only if an environment or a test
// names it: what it registers beyond that is compiled on every first start.
func TestSidecarRegistersTheComponentsThatAreNamed(t *testing.T) {
	root := filepath.Join("..", "..")
	source, err := os.ReadFile(filepath.Join(root, "dapr", "sidecar", "components.go"))
	if err != nil {
		t.Fatal(err)
	}
	registered := map[string]bool{}
	for _, found := range regexp.MustCompile(`Register(?:Output)?(?:Component|Binding)\([^,]+, "([^"]+)"`).FindAllSubmatch(source, -1) {
		registered[string(found[1])] = true
	}
	// mDNS is in dapr/config.yaml, the starter replaces it by sqlite where
	// multicast is blocked, and daprtest keeps state in memory.
	named := map[string]bool{"mdns": true, "sqlite": true, "in-memory": true}
	files, err := filepath.Glob(filepath.Join(root, "components", "*", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	kind := regexp.MustCompile(`(?m)^\s*type: (?:state|pubsub|bindings|secretstores)\.(\S+)`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range kind.FindAllSubmatch(text, -1) {
			named[string(found[1])] = true
		}
	}
	have, want := slices.Sorted(maps.Keys(registered)), slices.Sorted(maps.Keys(named))
	if !slices.Equal(have, want) {
		t.Errorf("the sidecar registers %q, environments and tests name %q", have, want)
	}
}
