package main

import "github.com/douyin-on-dapr/douyin/services/platform/program"

// Config is all that the program reads from its environment.
type Config struct {
	program.Config
}
