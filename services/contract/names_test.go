package contract_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/douyin-on-dapr/douyin/services/contract"
)

// resource is what the names test reads of a Dapr resource.
type resource struct {
	Kind     string `yaml:"kind"`
	Metadata struct {
		Name string `yaml:"name"`
	} `yaml:"metadata"`
	Scopes []contract.App `yaml:"scopes"`
	Auth   struct {
		SecretStore string `yaml:"secretStore"`
	} `yaml:"auth"`
	Spec struct {
		Type     string `yaml:"type"`
		Metadata []struct {
			Name         string `yaml:"name"`
			Value        string `yaml:"value"`
			SecretKeyRef struct {
				Name string `yaml:"name"`
			} `yaml:"secretKeyRef"`
		} `yaml:"metadata"`
		Targets struct {
			Apps       map[contract.App]yaml.Node `yaml:"apps"`
			Components map[string]yaml.Node       `yaml:"components"`
		} `yaml:"targets"`
		AccessControl struct {
			Policies []struct {
				AppID contract.App `yaml:"appId"`
			} `yaml:"policies"`
		} `yaml:"accessControl"`
	} `yaml:"spec"`
}

// resources decodes every document of every YAML file in a folder.
func resources(t *testing.T, folder string) []resource {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no YAML in %s", folder)
	}
	var all []resource
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
			var r resource
			if err := decoder.Decode(&r); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			all = append(all, r)
		}
	}
	return all
}

func TestEveryEnvironmentDefinesTheSameComponents(t *testing.T) {
	environments, err := filepath.Glob(filepath.Join(root, "components", "*"))
	if err != nil || len(environments) == 0 {
		t.Fatalf("no environments: %v", err)
	}
	for _, environment := range environments {
		t.Run(filepath.Base(environment), func(t *testing.T) {
			var names []string
			for _, r := range resources(t, environment) {
				if r.Kind != "Component" {
					continue
				}
				names = append(names, r.Metadata.Name)
				checkScopes(t, r)
				checkMetadata(t, r)
			}
			slices.Sort(names)
			want := slices.Sorted(slices.Values(contract.Components()))
			if !slices.Equal(names, want) {
				t.Errorf("components %v, the code knows %v", names, want)
			}
		})
	}
}

func checkScopes(t *testing.T, r resource) {
	t.Helper()
	for _, app := range r.Scopes {
		if !slices.Contains(contract.Apps(), app) {
			t.Errorf("%s is scoped to %q, which is no app", r.Metadata.Name, app)
		}
	}
}

func checkMetadata(t *testing.T, r resource) {
	t.Helper()
	prefix := ""
	for _, item := range r.Spec.Metadata {
		if secret := item.SecretKeyRef.Name; secret != "" {
			if !slices.Contains(contract.Secrets(), secret) {
				t.Errorf("%s reads the secret %q, which nobody provides", r.Metadata.Name, secret)
			}
			if r.Auth.SecretStore != contract.SecretStore {
				t.Errorf("%s reads its secrets from %q", r.Metadata.Name, r.Auth.SecretStore)
			}
		}
		if item.Name == "keyPrefix" {
			prefix = item.Value
		}
	}
	if r.Metadata.Name == contract.StateStore && prefix != contract.HotPrefix {
		t.Errorf("%s has the key prefix %q, the hot documents are under %q", r.Metadata.Name, prefix, contract.HotPrefix)
	}
}

func TestRunFileStartsEveryApp(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "dapr", "dapr.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var run struct {
		Apps []struct {
			AppID contract.App `yaml:"appID"`
		} `yaml:"apps"`
	}
	if err := yaml.Unmarshal(text, &run); err != nil {
		t.Fatal(err)
	}
	var ids []contract.App
	for _, app := range run.Apps {
		ids = append(ids, app.AppID)
	}
	slices.Sort(ids)
	want := slices.Sorted(slices.Values(contract.Apps()))
	if !slices.Equal(ids, want) {
		t.Errorf("dapr.yaml starts %v, the code knows %v", ids, want)
	}
}

func TestResiliencyNamesKnownTargets(t *testing.T) {
	for _, r := range resources(t, filepath.Join(root, "dapr", "resources")) {
		for app := range r.Spec.Targets.Apps {
			if !slices.Contains(contract.Apps(), app) {
				t.Errorf("%s targets the unknown app %q", r.Metadata.Name, app)
			}
		}
		for component := range r.Spec.Targets.Components {
			if !slices.Contains(contract.Components(), component) {
				t.Errorf("%s targets the unknown component %q", r.Metadata.Name, component)
			}
		}
	}
	for _, r := range resources(t, filepath.Join(root, "dapr")) {
		for _, policy := range r.Spec.AccessControl.Policies {
			if !slices.Contains(contract.Apps(), policy.AppID) {
				t.Errorf("access control names the unknown app %q", policy.AppID)
			}
		}
	}
}
