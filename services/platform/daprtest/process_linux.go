package daprtest

import "syscall"

// diesWithTest ends a child when the test program dies without its cleanup.
func diesWithTest() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
