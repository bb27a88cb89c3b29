package groupcommit

// Waiting returns the number of writes that wait for a commit.
func (q *Queue[W, R]) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// Workers returns the number of running goroutines.
func (q *Queue[W, R]) Workers() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.workers
}
