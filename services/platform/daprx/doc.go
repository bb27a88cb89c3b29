// Package daprx is the only client of the Dapr sidecar: calls of other programs, hot
// state, objects behind bindings, events and secrets, all over one shared connection.
// Only this package and package server import the Dapr SDK, so Dapr's peculiarities are
// handled in one place. Every error is an *errs.Error.
package daprx
