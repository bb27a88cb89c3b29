# Everything here works on a clean clone with Go and make; what else is needed,
# bin/douyin installs or names.

GO       ?= go
MODULES  := gateway gateway/client services deploy/local deploy/ops deploy/bench
DOUYIN   := bin/douyin
# Flags for the tests, such as TESTFLAGS='-run Feed -v'.
TESTFLAGS ?=

GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.DEFAULT_GOAL := help
.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run down status doctor logs clean
run: starter ## start everything in the foreground; Ctrl-C stops it
	@$(DOUYIN) up

down: starter ## stop what runs
	@$(DOUYIN) down

status: starter ## show what runs
	@$(DOUYIN) status

doctor: starter ## check each part, name fault and cure
	@$(DOUYIN) doctor

logs: starter ## follow the logs of all parts
	@$(DOUYIN) logs --follow

clean: starter ## forget all data (.run/); the programs in bin/ stay
	@$(DOUYIN) clean

.PHONY: build starter
build: starter ## compile the programs and the sidecar into bin/
	@$(DOUYIN) build

# The go command is what decides whether there is something to do.
starter:
	@command -v $(GO) >/dev/null || { echo "Go is missing: install 1.26 or later from https://go.dev/dl/"; exit 1; }
	@$(GO) build -o $(DOUYIN) ./deploy/local

.PHONY: test test-unit test-e2e test-objects test-replicas test-s3 bench bench-media
test: ## run unit, store, sidecar and end-to-end tests; test-replicas and test-s3 are apart
	@.ci/steps build test-unit test-e2e test-objects

test-unit: starter ## unit, store and sidecar tests, on a throwaway Redis, MariaDB and S3 server
	REQUIRE_INFRA=1 $(DOUYIN) with --infra-only --race -- $(GO) test -race $(TESTFLAGS) work

# The calm scenarios first, then those that break the stack, one package at a time.
E2E := $(GO) test -tags e2e -count 1 -timeout 30m -p 1 -parallel 4 $(TESTFLAGS)

test-e2e: starter ## end-to-end tests, on a throwaway stack of the real programs
	$(DOUYIN) with -- $(E2E) ./gateway/e2e ./gateway/e2e/faults

test-replicas: starter ## the same, with two of every program behind a round-robin
	$(DOUYIN) with --replicas 2 -- $(E2E) ./gateway/e2e ./gateway/e2e/faults

test-objects: starter ## what concerns bytes, with the objects in an S3 store
	$(DOUYIN) --env s3 with -- $(E2E) -run '^TestObjects' ./gateway/e2e

test-s3: starter ## all end-to-end tests, with the objects in an S3 store
	$(DOUYIN) --env s3 with -- $(E2E) ./gateway/e2e ./gateway/e2e/faults

# Such as BENCHFLAGS='--only like,follow --seconds 10 --json bench.json'.
BENCHFLAGS ?=

bench: starter ## measure every endpoint on a throwaway stack
	@$(GO) build -o bin/bench ./deploy/bench
	$(DOUYIN) with -- bin/bench $(BENCHFLAGS)

bench-media: starter ## measure requests while ten videos are processed
	$(DOUYIN) with -- $(GO) test -tags e2e -run '^$$' -bench WhileVideosProcess -benchtime 1x -timeout 30m ./gateway/e2e

.PHONY: check fmt vet lint check-modules gen check-gen
check: ## all checks that run no test
	@.ci/steps check-gen check-fmt check-words vet lint check-modules

fmt: ## format the code
	@gofmt -w $(MODULES) dapr/sidecar

.PHONY: check-fmt check-words
check-fmt: ## fail when code is not formatted
	@out=$$(gofmt -l $(MODULES) dapr/sidecar); [ -z "$$out" ] || { echo "not formatted, run make fmt:"; echo "$$out"; exit 1; }

# .ci/words holds the expressions, .ci/words-allowed the lines that keep one:
# names on the wire, columns, and test data.
check-words: ## fail on expressions that CONTRIBUTING.md replaces
	@.ci/check-words

vet: ## look for suspicious constructs
	$(GO) vet work
	$(GO) vet -tags e2e ./gateway/e2e/...

lint: ## run the linters of .golangci.yml
	@for m in $(MODULES); do echo "lint $$m"; (cd $$m && $(GO) run $(GOLANGCI) run ./...) || exit 1; done

# A workspace hides a requirement that a module forgot to state.
check-modules: ## build each module without the workspace
	@for m in $(MODULES); do echo "build $$m alone"; (cd $$m && GOWORK=off $(GO) build ./...) || exit 1; done

gen: protoc ## generate code from the contract
	cd services && $(GO) generate ./contract

# Like the starter does with Redis and MariaDB, install what is missing where
# that is possible without a password; otherwise go generate says what to do.
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo -n)

.PHONY: protoc
protoc:
	@command -v protoc >/dev/null || ! command -v apt-get >/dev/null || { \
		$(SUDO) apt-get update -qq && $(SUDO) apt-get install -qq -y --no-install-recommends protobuf-compiler >/dev/null; } || true

check-gen: gen ## fail when generated code is not what is committed
	@git diff --exit-code --stat -- services/contract || { echo "generated code differs: commit what make gen writes"; exit 1; }
