package media

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// A source that does not go onto the disk says nothing of the store.
func TestSourceThatCannotBeWritten(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), SourceName))
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = localFile{file}.Write([]byte("film"))
	if got := suspicion(fmt.Errorf("fetch: %w", err)); err == nil || got != TooComplex {
		t.Errorf("%v: suspicion %q", err, got)
	}
}
