package password

// NewCounting returns a Hasher that derives keys with d.
func NewCounting(o Options, d func(password string, salt []byte, p Params, keyLength uint32) []byte) *Hasher {
	return newHasher(o, d)
}

// Waiting returns how many callers wait for a slot.
func (h *Hasher) Waiting() int64 { return h.limiter.waiting.Load() }
