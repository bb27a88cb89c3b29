// Package faults holds the scenarios that break something: they kill and stop
// parts, empty Redis, rename a table or start a second stack. Each of them leaves
// the stack well. They run one after the other, and after the calm scenarios of
// gateway/e2e, which would notice.
package faults
