package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
)

type statusCommand struct {
	JSON bool `help:"Print all fields as JSON."`
}

func (c *statusCommand) Run(ctx context.Context, g *Globals) error {
	status, _, err := g.running(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(status)
	}
	return printStatus(status)
}

func printStatus(s control.Status) error {
	fmt.Printf("%s  %s  (pid %d, up %s, resolver %s)\n\n", s.State, s.BaseURL, s.PID,
		time.Since(s.Started).Round(time.Second), s.Resolver)
	if s.Replicas > 1 {
		fmt.Printf("a proxy there distributes requests over %s\n\n", strings.Join(s.Gateways, " "))
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	if _, err := fmt.Fprintln(table, "PART\tSTATE\tPID\tPORT\tMEMORY\tRESTARTS\tSINCE\tLAST EXIT"); err != nil {
		return err
	}
	for _, part := range s.Parts {
		memory := "-"
		if part.RSSBytes > 0 {
			memory = fmt.Sprintf("%d MiB", part.RSSBytes>>20)
		}
		_, err := fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%s\t%d\t%s\t%s\n", part.Name, part.State, part.PID, part.Port,
			memory, part.Restarts, time.Since(part.Since).Round(time.Second), part.LastExit)
		if err != nil {
			return err
		}
	}
	return table.Flush()
}
