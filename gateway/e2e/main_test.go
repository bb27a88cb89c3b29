//go:build e2e

package e2e

import (
	"testing"

	"github.com/douyin-on-dapr/douyin/gateway/e2e/e2etest"
)

func TestMain(m *testing.M) { e2etest.Main(m) }
