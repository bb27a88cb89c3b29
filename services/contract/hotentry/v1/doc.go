// Package hotentryv1 is the envelope around hot documents: the generated code of
// entry.proto.
package hotentryv1
