module github.com/douyin-on-dapr/douyin/deploy/local

go 1.26.4

require (
	github.com/alecthomas/kong v1.17.0
	github.com/go-sql-driver/mysql v1.10.1
	go.yaml.in/yaml/v3 v3.0.6
	golang.org/x/sync v0.24.0
)

require filippo.io/edwards25519 v1.2.0 // indirect
