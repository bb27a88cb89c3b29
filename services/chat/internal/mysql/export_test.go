package mysql

// The queries whose plans the tests look at.
const (
	Newest         = newest
	PeerAfter      = peerAfter
	PeerTime       = peerTime
	Latest         = latest
	PrunePositions = prunePositions
	ByRequest      = messageByRequest
)
