package build

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
)

// module is a program in a Go module of its own, outside the workspace because of
// its dependencies.
type module struct {
	name    string // in bin/
	folder  string // relative to the root
	serves  string // the dependency whose version is the program's
	ldflags func(version string) string
}

// Sidecar builds bin/daprd unless it was built from the same sources by the same
// compiler. The first time takes minutes: Dapr has more than a thousand packages.
func (b Builder) Sidecar(ctx context.Context) error {
	const dapr = "github.com/dapr/dapr"
	return b.module(ctx, module{
		name: "daprd", folder: filepath.Join("dapr", "sidecar"), serves: dapr,
		ldflags: func(version string) string { return "-s -w -X " + dapr + "/pkg/buildinfo.version=" + version },
	})
}

// S3 builds bin/versitygw in the same way.
func (b Builder) S3(ctx context.Context) error {
	return b.module(ctx, module{
		name: "versitygw", folder: filepath.Join("deploy", "s3"), serves: "github.com/versity/versitygw",
		ldflags: func(string) string { return "-s -w" },
	})
}

func (b Builder) module(ctx context.Context, m module) error {
	folder := filepath.Join(b.Root, m.folder)
	version, err := requiredVersion(filepath.Join(folder, "go.mod"), m.serves)
	if err != nil {
		return err
	}
	ldflags := m.ldflags(version)
	want, err := stamp(folder, runtime.Version(), ldflags)
	if err != nil {
		return err
	}
	target, stampFile := b.Bin(m.name), b.Bin(m.name+".stamp")
	if have, err := os.ReadFile(stampFile); err == nil && string(have) == want {
		if _, err := os.Stat(target); err == nil {
			return nil
		}
	}
	step := b.Console.Step("build " + m.name + " " + version)
	env := []string{"GOWORK=off"}
	step.Update("listing packages")
	total, err := b.stale(ctx, step, folder, env)
	if err != nil {
		return err
	}
	args := []string{"build", "-v", "-ldflags", ldflags, "-o", target, "."}
	if _, err := b.compile(ctx, step, folder, env, total, args); err != nil {
		return err
	}
	step.Done("bin/%s", m.name)
	return os.WriteFile(stampFile, []byte(want), 0o644)
}

// stale downloads the modules and counts the packages that must be compiled.
func (b Builder) stale(ctx context.Context, step *console.Step, folder string, env []string) (int, error) {
	var out bytes.Buffer
	args := []string{"list", "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}", "."}
	none := func(string) bool { return false }
	if err := b.goCommand(ctx, step, folder, env, args, &out, none); err != nil {
		return 0, err
	}
	return len(strings.Fields(out.String())), nil
}

// stamp is a hash of all inputs of a build.
func stamp(folder string, inputs ...string) (string, error) {
	files, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, input := range inputs {
		fmt.Fprintf(sum, "%s\n", input)
	}
	for _, file := range files {
		name := file.Name()
		if strings.HasSuffix(name, "_test.go") || !strings.HasSuffix(name, ".go") && !strings.HasPrefix(name, "go.") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(text), text)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// requiredVersion reads the version of a requirement from a go.mod, without the
// leading v.
func requiredVersion(goMod, module string) (string, error) {
	text, err := os.ReadFile(goMod)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(fields) >= 2 && fields[0] == module {
			return strings.TrimPrefix(fields[1], "v"), nil
		}
	}
	return "", fmt.Errorf("%s does not require %s", goMod, module)
}
