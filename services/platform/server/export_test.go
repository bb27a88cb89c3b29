package server

// ExitCode is Main without the process.
var ExitCode = exitCode
