package password

// NewCounting makes a Hasher whose derivations are done by d.
func NewCounting(o Options, d func(password string, salt []byte, p Params, keyLength uint32) []byte) *Hasher {
	return newHasher(o, d)
}

// Waiting is how many callers wait for a turn.
func (h *Hasher) Waiting() int64 { return h.limiter.waiting.Load() }
