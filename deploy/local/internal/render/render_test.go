package render_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/render"
)

//nolint:gochecknoglobals // flags of a test are package variables
var update = flag.Bool("update", false, "write the golden files anew")

func TestTextIsGolden(t *testing.T) {
	source, err := os.ReadFile("testdata/in.yaml")
	if err != nil {
		t.Fatal(err)
	}
	values := render.Values{
		Suffix:      "-1a2b3c",
		RedisAddr:   "127.0.0.1:21790",
		ObjectsPath: "/data/objects",
		SecretsFile: "/data/secrets.json",
		S3:          render.S3{Endpoint: "http://127.0.0.1:21780", Bucket: "bucket", Region: "region"},
	}
	traced := values
	traced.Resolver = render.Resolver{Component: "sqlite", Path: "/data/names.db"}
	traced.OTLPAddr = "127.0.0.1:4317"
	traced.Metrics = true
	values.Resolver.Component = "mdns"
	for name, v := range map[string]render.Values{"mdns": values, "sqlite-traced": traced} {
		t.Run(name, func(t *testing.T) {
			got, err := render.Text(source, v)
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".golden.yaml")
			if *update {
				if err := os.WriteFile(golden, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("rendered:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// No default of the checkout may survive in a copy: it would point into
// another stack.
func TestRealFoldersKeepNoDefault(t *testing.T) {
	for _, environment := range []string{"local", "s3"} {
		t.Run(environment, func(t *testing.T) { keepsNoDefault(t, "components/"+environment) })
	}
}

func keepsNoDefault(t *testing.T, components string) {
	to := t.TempDir()
	values := render.Values{
		Suffix: "-1a2b3c", RedisAddr: "127.0.0.1:1", ObjectsPath: "/o", SecretsFile: "/s",
		S3:       render.S3{Endpoint: "http://127.0.0.1:2", Bucket: "b", Region: "r"},
		Resolver: render.Resolver{Component: "mdns"},
	}
	const root = "../../../../"
	for _, folder := range []string{components, "dapr/resources"} {
		if err := render.Folder(root+folder, filepath.Join(to, filepath.Base(folder)), values); err != nil {
			t.Fatal(err)
		}
	}
	if err := render.File(root+"dapr/config.yaml", filepath.Join(to, "config.yaml"), values); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(to, "*", "*.yaml"))
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range append(files, filepath.Join(to, "config.yaml")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, left := range []string{":210", ".run", "value: douyin\n    - name: force", "- gateway\n", "- user\n", "appId: user\n"} {
			if strings.Contains(string(text), left) {
				t.Errorf("%s still holds %q:\n%s", file, left, text)
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	mdns := render.Values{Resolver: render.Resolver{Component: "mdns"}}
	for name, text := range map[string]string{
		"no kind": "apiVersion: v1\n",
		"no YAML": "kind: [",
		"no spec": "kind: Configuration\n",
	} {
		if _, err := render.Text([]byte(text), mdns); err == nil {
			t.Errorf("%s: rendered", name)
		}
	}
	odd := render.Values{Resolver: render.Resolver{Component: "carrier pigeon"}}
	if _, err := render.Text([]byte("kind: Configuration\nspec: {}\n"), odd); err == nil {
		t.Error("an unknown resolver is accepted")
	}
	if err := render.Folder(t.TempDir(), t.TempDir(), mdns); err == nil {
		t.Error("an empty folder is accepted")
	}
}
