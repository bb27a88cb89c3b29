// Package target holds the flags that say which running system a tool works on.
// The starter sets them through the environment; secrets come from a file and
// never stand on a command line.
package target

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/tool"
)

// Secrets is the flag that names the file of the system's secrets.
type Secrets struct {
	Secrets string `help:"JSON file with the secrets of the system, as its secret store reads it." placeholder:"FILE" env:"DOUYIN_SECRETS"`
}

// Read returns the secrets by name.
func (s Secrets) Read() (map[string]string, error) {
	if s.Secrets == "" {
		return nil, tool.UsageError("no system to work on: start one with `bin/douyin up` and call this tool as `bin/douyin TOOL`, or give --secrets FILE")
	}
	raw, err := os.ReadFile(s.Secrets)
	if err != nil {
		return nil, tool.UsageError(fmt.Sprintf("the secrets cannot be read (%v): give --secrets the file of a running system", err))
	}
	var secrets map[string]string
	if err := json.Unmarshal(raw, &secrets); err != nil {
		return nil, tool.UsageError(fmt.Sprintf("%s is not a file of secrets (%v): give --secrets the secrets.json of a data folder", s.Secrets, err))
	}
	return secrets, nil
}

// DSNs picks the data source names of the services' databases out of the
// secrets, by service.
func DSNs(secrets map[string]string) map[string]string {
	dsns := map[string]string{}
	for name, value := range secrets {
		if service, ok := strings.CutPrefix(name, "mysql-"); ok {
			dsns[strings.TrimSuffix(service, "-dsn")] = value
		}
	}
	return dsns
}
