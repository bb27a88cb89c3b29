package tool_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/tool"
)

type flags struct {
	Fail string `help:"How to fail."`
}

func (f *flags) Run(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch f.Fail {
	case "found":
		return tool.ExitCode(tool.ExitFound)
	case "usage":
		return tool.UsageError("no system to work on: start one")
	case "other":
		return errors.New("connection refused")
	}
	return nil
}

func TestExitCodes(t *testing.T) {
	for _, test := range []struct {
		args    []string
		code    int
		message string
	}{
		{nil, 0, ""},
		{[]string{"--fail", "found"}, 1, ""},
		{[]string{"--fail", "other"}, 1, "tool: connection refused\n"},
		{[]string{"--fail", "usage"}, 2, "tool: no system to work on: start one\n"},
		{[]string{"--nonsense"}, 2, "tool: unknown flag --nonsense; `tool --help` shows how to call it\n"},
		{[]string{"more"}, 2, "tool: unexpected argument more; `tool --help` shows how to call it\n"},
	} {
		var stderr bytes.Buffer
		if code := tool.Main("tool", "A tool.", test.args, &flags{}, &stderr); code != test.code || stderr.String() != test.message {
			t.Errorf("%q: exit code %d, %q; want %d, %q", test.args, code, stderr.String(), test.code, test.message)
		}
		if strings.Count(stderr.String(), "\n") > 1 {
			t.Errorf("%q: more than one line: %q", test.args, stderr.String())
		}
	}
}
