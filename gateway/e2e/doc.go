// Package e2e holds black-box scenarios: they know the public HTTP API, the
// data folder of the stack under test and the starter's command line, and
// nothing of the code behind them. They are built with the tag "e2e" only.
//
// BASE_URL names the gateway and is required. STACK_DATA (the data folder of
// the running stack) and DOUYIN_BIN (the starter) allow the scenarios that look
// at stored parts, logs and memory, or that break and mend programs; without
// them those are skipped, or fail when REQUIRE_INFRA=1. The starter sets all
// three:
//
//	bin/douyin with -- go test -tags e2e -count=1 ./gateway/e2e/...
//
// The same scenarios pass on a stack of the environment s3 (--env s3), which the
// starter names in DOUYIN_ENV.
//
// Scenarios that break something live in files named zz_*, because go test runs
// files in the order of their names: what comes before them sees a calm stack,
// and each of them leaves a healthy one behind.
package e2e
