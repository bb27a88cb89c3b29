// Package videov1 is the generated contract of the video service, see video.proto.
package videov1
