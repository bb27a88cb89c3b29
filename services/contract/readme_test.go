package contract_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The Chinese README is a twin: the same sections in the same order, the same
// links, and the same commands. Only the words differ.
func TestChineseREADMEHasTheShapeOfTheEnglishOne(t *testing.T) {
	english, chinese := readmeShape(t, "README.md"), readmeShape(t, "README.zh-CN.md")
	if len(english) == 0 {
		t.Fatal("README.md has no headings, tables or code")
	}
	for i := range max(len(english), len(chinese)) {
		switch {
		case i >= len(english):
			t.Fatalf("README.zh-CN.md has more than README.md: %s", chinese[i])
		case i >= len(chinese):
			t.Fatalf("README.zh-CN.md lacks: %s", english[i])
		case english[i] != chinese[i]:
			t.Fatalf("README.md has %s where README.zh-CN.md has %s", english[i], chinese[i])
		}
	}
}

// A link to a file that was moved or renamed leads nowhere.
func TestLinksInDocumentsLeadToFiles(t *testing.T) {
	root := filepath.Join("..", "..")
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	links := 0
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && strings.HasPrefix(name, ".") && name != ".." || name == "bin" {
			return filepath.SkipDir
		}
		if entry.IsDir() || filepath.Ext(path) != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			links++
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), found[1])); err != nil {
				t.Errorf("%s links to %s, which does not exist", path, found[1])
			}
		}
		return nil
	})
	if err != nil || links == 0 {
		t.Errorf("%d links, %v", links, err)
	}
}

// readmeShape lists what both languages share: levels of headings, kinds of
// lines, links to files, and commands without their comments.
func readmeShape(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	var (
		shape   []string
		command = regexp.MustCompile(`^(make|curl|until|bin/|[A-Z]+=)[^#]*`)
		heading = regexp.MustCompile(`^#+ `)
		item    = regexp.MustCompile(`^(\d+\.|- |\|)`)
		link    = regexp.MustCompile(`\]\(([^)#]+)`)
		inCode  bool
	)
	for line := range strings.SplitSeq(string(text), "\n") {
		if strings.HasPrefix(line, "```") {
			inCode = !inCode
			shape = append(shape, line)
			continue
		}
		if inCode {
			if part := command.FindString(line); part != "" {
				shape = append(shape, strings.TrimSpace(part))
			}
			continue
		}
		if level := heading.FindString(line); level != "" {
			shape = append(shape, level+"heading")
		}
		if kind := item.FindString(line); kind != "" {
			shape = append(shape, kind+" line")
		}
		var links []string
		for _, found := range link.FindAllStringSubmatch(line, -1) {
			if !strings.HasPrefix(found[1], "README") {
				links = append(links, found[1])
			}
		}
		slices.Sort(links)
		shape = append(shape, links...)
	}
	return shape
}
