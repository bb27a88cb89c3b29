package upload

import (
	videov1 "github.com/douyin-on-dapr/douyin/services/contract/video/v1"
)

// LayOut returns the sizes of the parts of a direct upload.
func LayOut(size, partSize int64) (sizes []int64) {
	for _, part := range layOut(&videov1.BeginUploadResponse{MaxSize: size, PartSize: partSize}) {
		sizes = append(sizes, part.Size)
	}
	return sizes
}

// Abort without a request.
var Abort = abort
