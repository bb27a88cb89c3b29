package ffmpeg

import "os"

// folder is a temporary one.
type folder struct{ path string }

func tempFolder() (folder, error) {
	path, err := os.MkdirTemp("", "ffmpeg-test-")
	return folder{path}, err
}

func (f folder) remove() { _ = os.RemoveAll(f.path) }
