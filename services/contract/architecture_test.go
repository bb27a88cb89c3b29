package contract_test

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/contract"
)

// root is the checkout, seen from this folder.
const root = "../.."

const (
	module       = "github.com/douyin-on-dapr/douyin/"
	contractPath = module + "services/contract/"
	platformPath = module + "services/platform/"
)

// folderOf is where the code of a program lives.
func folderOf(app contract.App) string {
	if app == contract.AppGateway {
		return "gateway"
	}
	return filepath.Join("services", string(app))
}

// Every program may use the generated code of the services it is allowed to
// call, and of its own; nothing else of the contract's services.
func TestProgramsImportOnlyWhatTheyMayCall(t *testing.T) {
	calls := contract.Calls()
	for _, app := range contract.Apps() {
		files := goFiles(t, folderOf(app))
		if len(files) == 0 {
			t.Errorf("%s has no code in %s", app, folderOf(app))
		}
		for _, file := range files {
			for _, path := range imports(t, file) {
				rest, ok := strings.CutPrefix(path, contractPath)
				if !ok {
					continue
				}
				callee := contract.App(strings.Split(rest, "/")[0])
				if callee == app || !slices.Contains(contract.Apps(), callee) {
					continue
				}
				if !slices.Contains(calls[app], callee) {
					t.Errorf("%s imports %s, but %s may not call %s", file, path, app, callee)
				}
			}
		}
	}
}

func TestCallGraphHasNoCycle(t *testing.T) {
	calls := contract.Calls()
	var visit func(app contract.App, path []contract.App)
	visit = func(app contract.App, path []contract.App) {
		if slices.Contains(path, app) {
			t.Fatalf("call cycle: %v -> %s", path, app)
		}
		for _, callee := range calls[app] {
			if callee == contract.AppGateway {
				t.Errorf("%s calls the gateway", app)
			}
			visit(callee, append(slices.Clone(path), app))
		}
	}
	for _, app := range contract.Apps() {
		if _, listed := calls[app]; !listed {
			t.Errorf("%s is missing from the call graph", app)
		}
		visit(app, nil)
	}
}

// The domain package of a service holds rules: it knows neither the wire, nor
// SQL, nor Dapr. Of this project it may import only the error type and, from
// the contract, what is written by hand: reasons, limits and pure functions.
func TestDomainImportsOnlyRulesAndErrors(t *testing.T) {
	allowed := []string{platformPath + "errs", "golang.org/x/text/", "golang.org/x/crypto/", "golang.org/x/sync/"}
	for _, app := range contract.Apps() {
		if app == contract.AppGateway {
			continue
		}
		folder := filepath.Join(folderOf(app), "internal", string(app))
		files := goFiles(t, folder)
		if len(files) == 0 {
			t.Errorf("%s has no domain package in %s", app, folder)
		}
		for _, file := range files {
			for _, path := range imports(t, file) {
				standard := !strings.Contains(strings.Split(path, "/")[0], ".")
				if standard && !strings.HasPrefix(path, "database/") {
					continue
				}
				if folder, ok := strings.CutPrefix(path, contractPath); ok {
					for _, name := range generatedNames(t, file, folder) {
						t.Errorf("%s uses %s, which is generated code of %s", file, name, path)
					}
					continue
				}
				if !slices.ContainsFunc(allowed, func(p string) bool { return strings.HasPrefix(path, p) }) {
					t.Errorf("%s imports %s, which a domain package may not", file, path)
				}
			}
		}
	}
}

// The Dapr SDK is spoken in two packages; everything else uses their types.
func TestOnlyThePlatformImportsTheDaprSDK(t *testing.T) {
	speakers := []string{"services/platform/daprx/", "services/platform/server/", "services/platform/daprtest/"}
	for _, folder := range []string{"services", "gateway"} {
		for _, file := range goFiles(t, folder) {
			relative, err := filepath.Rel(root, file)
			if err != nil {
				t.Fatal(err)
			}
			if slices.ContainsFunc(speakers, func(s string) bool { return strings.HasPrefix(filepath.ToSlash(relative), s) }) {
				continue
			}
			for _, path := range imports(t, file) {
				if strings.HasPrefix(path, "github.com/dapr/") {
					t.Errorf("%s imports %s; ask daprx instead", relative, path)
				}
			}
		}
	}
}

// The platform knows no noun of Douyin: neither its packages nor what they
// import depend on a service or on the generated code of one.
func TestPlatformKnowsNoService(t *testing.T) {
	var folders []string
	for _, file := range goFiles(t, "services/platform") {
		folder, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			t.Fatal(err)
		}
		folders = append(folders, filepath.ToSlash(folder))
	}
	for folder, path := range dependencies(t, folders) {
		rest, _ := strings.CutPrefix(folder, "services/")
		rest, _ = strings.CutPrefix(rest, "contract/")
		if app, _, _ := strings.Cut(rest, "/"); slices.Contains(contract.Apps(), contract.App(app)) || strings.HasPrefix(folder, "gateway/") {
			t.Errorf("the platform depends on %s: %s", folder, strings.Join(path, " -> "))
		}
	}
}

// Every package says what it is for.
func TestEveryPackageHasAComment(t *testing.T) {
	commented := map[string]bool{}
	for _, folder := range []string{"services", "gateway", "deploy/local", "deploy/ops", "deploy/s3", "dapr/sidecar"} {
		for _, file := range goFiles(t, folder) {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Dir(file)
			commented[dir] = commented[dir] || (parsed.Doc != nil && !isGenerated(t, file))
		}
	}
	for dir, ok := range commented {
		if !ok {
			t.Errorf("package in %s has no comment", dir)
		}
	}
}
