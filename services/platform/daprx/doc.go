// Package daprx is the one door to the Dapr sidecar: calls of other programs,
// hot state, binding objects and secrets, all over one shared connection. With
// package server it is the only importer of the Dapr SDK, so that Dapr's
// peculiarities are known in one place. Every error it returns is an
// *errs.Error.
package daprx
