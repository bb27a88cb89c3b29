#!/bin/sh
# Generates the Go code of every .proto file beside it. The plugins are tools of
# services/go.mod; protoc comes from the system. The headers do not name its
# version, which would be the only difference between two machines.
set -eu
cd "$(dirname "$0")"

command -v protoc >/dev/null || {
	echo "protoc is missing: install protobuf-compiler (Debian, Ubuntu) or protobuf (Homebrew)" >&2
	exit 1
}
messages=$(go tool -n protoc-gen-go)
services=$(go tool -n protoc-gen-go-grpc)
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

find . -name '*.proto' | sort | xargs protoc -I . \
	--plugin="protoc-gen-go=$messages" --go_out="$new" --go_opt=paths=source_relative \
	--plugin="protoc-gen-go-grpc=$services" --go-grpc_out="$new" --go-grpc_opt=paths=source_relative

find . -name '*.pb.go' -delete
(cd "$new" && find . -name '*.pb.go') | while read -r file; do
	sed '/^\/\/[-[:space:]]*protoc  *v/d' "$new/$file" >"$file"
done
