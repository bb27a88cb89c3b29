package main

import "github.com/douyin-on-dapr/douyin/services/platform/program"

// Config is the configuration that the program reads from its environment.
type Config struct {
	program.Config
}
