package contract_test

import (
	"go/ast"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/contract/reasons"
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// constants reads the string constants of a reasons.go, by name.
func constants(t *testing.T, file string) map[string]string {
	t.Helper()
	all := map[string]string{}
	ast.Inspect(parse(t, file), func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			for i, name := range spec.Names {
				value, err := strconv.Unquote(spec.Values[i].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatalf("%s: %v", file, err)
				}
				all[name.Name] = value
			}
		}
		return true
	})
	return all
}

// listed is every reason that the lists of a service name.
func listed(app contract.App) []string {
	all := reasons.ByService()[app]
	if app == contract.AppVideo {
		all = slices.Concat(all, videov1.WorkerReasons(), videov1.Failures())
	}
	return all
}

// The lists have every constant once, and two services that share a reason call
// it by the same name.
func TestListsOfReasonsAreComplete(t *testing.T) {
	files, err := filepath.Glob("*/v1/reasons.go")
	if err != nil || len(files) != len(reasons.ByService()) {
		t.Fatalf("%d files and %d services, %v", len(files), len(reasons.ByService()), err)
	}
	names := map[string]string{}
	for _, file := range files {
		app := contract.App(strings.Split(filepath.ToSlash(file), "/")[0])
		declared := constants(t, file)
		for name, reason := range declared {
			if before, ok := names[reason]; ok && before != name {
				t.Errorf("%s is called %s and %s", reason, before, name)
			}
			names[reason] = name
		}
		if got, want := slices.Sorted(slices.Values(listed(app))), slices.Sorted(maps.Values(declared)); !slices.Equal(got, want) {
			t.Errorf("%s lists %v\ndeclared are %v", app, got, want)
		}
	}
}

// Clients know reasons of failures, and other versions of our programs know all
// reasons: a reason that was once used stays.
func TestReasonsKeepTheirValues(t *testing.T) {
	text, err := os.ReadFile("testdata/reasons.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		app, known, _ := strings.Cut(line, ": ")
		got, want := slices.Sorted(slices.Values(listed(contract.App(app)))), strings.Fields(known)
		if !slices.Equal(got, want) {
			t.Errorf("%s has %v\nwant %v", app, got, want)
		}
	}
}

// Code names a reason by its constant, so that the compiler finds a misspelled
// one and a search finds every use. Only the starter, which does not depend on
// the contract, is left out.
func TestReasonsAreNamedByTheirConstants(t *testing.T) {
	all := map[string]bool{}
	for _, app := range contract.Apps() {
		for _, reason := range listed(app) {
			all[reason] = true
		}
	}
	for _, folder := range []string{"services", "gateway", "deploy/ops"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, ".pb.go") || d.Name() == "reasons.go" {
				return err
			}
			for _, literal := range literals(parse(t, path)) {
				if all[literal] {
					t.Errorf("%s spells the reason %q out", path, literal)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// literals lists the string literals of a file.
func literals(file *ast.File) []string {
	var all []string
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if text, err := strconv.Unquote(literal.Value); err == nil {
				all = append(all, text)
			}
		}
		return true
	})
	return all
}
