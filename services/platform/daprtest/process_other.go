//go:build !linux

package daprtest

import "syscall"

// diesWithUs is a promise that only Linux keeps.
func diesWithUs() *syscall.SysProcAttr { return nil }
