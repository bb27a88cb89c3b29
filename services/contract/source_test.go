package contract_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// goFiles lists the Go files below a folder of the checkout, tests left out.
func goFiles(t *testing.T, folder string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// imports parses one file and returns what it imports.
func imports(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, spec := range parsed.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

func isGenerated(t *testing.T, file string) bool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(text[:min(len(text), 200)]), "DO NOT EDIT")
}

// parse reads a whole file.
func parse(t *testing.T, file string) *ast.File {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// generatedNames lists the names that a file uses and that generated code in a
// folder of the contract declares. The folder user/v1 holds the package userv1.
func generatedNames(t *testing.T, file, folder string) []string {
	t.Helper()
	byHand := map[string]bool{}
	for _, source := range goFiles(t, filepath.Join("services", "contract", folder)) {
		if isGenerated(t, source) {
			continue
		}
		for _, declaration := range parse(t, source).Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				byHand[d.Name.Name] = true
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.ValueSpec:
						for _, name := range s.Names {
							byHand[name.Name] = true
						}
					case *ast.TypeSpec:
						byHand[s.Name.Name] = true
					}
				}
			}
		}
	}
	var names []string
	for _, name := range selected(parse(t, file), strings.ReplaceAll(folder, "/", "")) {
		if !byHand[name] {
			names = append(names, name)
		}
	}
	return names
}

// selected lists what a file selects from a package.
func selected(file *ast.File, pkg string) []string {
	var names []string
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == pkg {
				names = append(names, s.Sel.Name)
			}
		}
		return true
	})
	return names
}

// dependencies lists the folders of this project that some folders depend on,
// each with the imports that lead to it.
func dependencies(t *testing.T, folders []string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	var visit func(folder string, path []string)
	visit = func(folder string, path []string) {
		if _, ok := found[folder]; ok {
			return
		}
		path = append(slices.Clone(path), folder)
		found[folder] = path
		for _, file := range goFiles(t, folder) {
			if filepath.Dir(file) != filepath.Join(root, folder) {
				continue // of a folder below
			}
			for _, imported := range imports(t, file) {
				if next, ok := strings.CutPrefix(imported, module); ok {
					visit(next, path)
				}
			}
		}
	}
	for _, folder := range folders {
		visit(folder, nil)
	}
	return found
}
