// Package hotv1 is the contract of the hot documents: the generated messages
// of hot.proto and, in documents.go, their keys, writers, readers and lifetimes.
package hotv1
