package daprtest

import "syscall"

// diesWithUs ends a child when the test program dies without its clean-up.
func diesWithUs() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
