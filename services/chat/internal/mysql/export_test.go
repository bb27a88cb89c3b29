package mysql

// The queries whose plans are tested.
const (
	Newest         = newest
	Before         = before
	PeerAfter      = peerAfter
	PeerTime       = peerTime
	Latest         = latest
	PrunePositions = prunePositions
	ByRequest      = messageByRequest
)
