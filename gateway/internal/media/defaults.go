package media

import (
	"crypto/sha256"
	"embed"
	"fmt"
)

// Pictures for users and videos that have none: the client draws a blank where
// an address is empty, and it has no way to set one.
//
//go:embed defaults/*.png
var files embed.FS

type picture struct {
	data []byte
	etag string
}

func loadPictures() (map[string]picture, error) {
	entries, err := files.ReadDir("defaults")
	if err != nil {
		return nil, err
	}
	pictures := make(map[string]picture, len(entries))
	for _, entry := range entries {
		data, err := files.ReadFile("defaults/" + entry.Name())
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(data)
		pictures[entry.Name()] = picture{data: data, etag: fmt.Sprintf("\"%x\"", sum[:8])}
	}
	return pictures, nil
}
