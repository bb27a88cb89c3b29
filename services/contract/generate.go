package contract

//go:generate ./generate.sh
