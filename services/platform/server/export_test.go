package server

// ExitCode is Main without its process.
var ExitCode = exitCode
