// Package relationv1 is the generated contract of the relation service, see relation.proto.
package relationv1
