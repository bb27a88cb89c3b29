// Package e2e holds black-box scenarios. They know the public HTTP API, the data
// folder of the stack under test and the starter's command line, and no code of the
// services.
//
// The scenarios of this package expect a stack on which nothing is broken; those of
// the package faults break it. Run this package first:
//
//	bin/douyin with -- go test -tags e2e -count 1 -p 1 -parallel 4 ./gateway/e2e/...
//
// Each package ends with the auditor and a search for secrets in the logs. All files
// have the build tag "e2e".
//
// BASE_URL names the gateway and is required. STACK_DATA (the data folder of the
// running stack) and DOUYIN_BIN (the starter) are needed by scenarios that look at
// objects, logs and memory, or stop parts. Without them those are skipped, or fail if
// REQUIRE_INFRA=1. The starter's command with sets all three. The same scenarios pass
// in the environment s3 (bin/douyin --env s3 with); those whose names start with
// TestObjects concern the object store.
//
// Scenarios run in parallel, with users of their own. Those that measure, or that
// compare the top of the feed or the whole object store, run alone before them.
package e2e
