//go:build !linux

package daprtest

import "syscall"

// diesWithTest is a promise that only Linux keeps.
func diesWithTest() *syscall.SysProcAttr { return nil }
