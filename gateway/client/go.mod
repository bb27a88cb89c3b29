module github.com/douyin-on-dapr/douyin/gateway/client

go 1.26.4
