package upload

import (
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
)

// MissingPart is a part that the client still has to PUT.
type MissingPart struct {
	Number int    `json:"number"` // from 1
	Size   int64  `json:"size"`   // bytes, exactly
	URL    string `json:"url"`
}

// layOut lists all parts of an upload. BeginUpload fixed their size.
func layOut(begun *videov1.BeginUploadResponse) []MissingPart {
	size, partSize := begun.GetMaxSize(), begun.GetPartSize()
	if partSize <= 0 {
		partSize = size
	}
	parts := make([]MissingPart, 0, (size+partSize-1)/partSize)
	for at := int64(0); at < size; at += partSize {
		parts = append(parts, MissingPart{Number: len(parts) + 1, Size: min(partSize, size-at)})
	}
	return parts
}

// missingParts returns the parts that the store does not have in the right size.
func missingParts(all []MissingPart, stored []s3store.Part) []MissingPart {
	sizes := make(map[int]int64, len(stored))
	for _, part := range stored {
		sizes[part.Number] = part.Size
	}
	missing := make([]MissingPart, 0, len(all))
	for _, part := range all {
		if size, ok := sizes[part.Number]; !ok || size != part.Size {
			missing = append(missing, part)
		}
	}
	return missing
}
