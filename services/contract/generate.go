package contract

//go:generate ./generate.sh
//go:generate go test -count 1 -run ^TestContractKeepsItsBaseline$ . -baseline add
