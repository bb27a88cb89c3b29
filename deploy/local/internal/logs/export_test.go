package logs

import "os"

// Swap makes f write to another file and returns the one it wrote to.
func (f *File) Swap(file *os.File) *os.File {
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.file
	f.file = file
	return old
}
