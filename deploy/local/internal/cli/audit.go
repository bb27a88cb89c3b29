package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/audit"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/control"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/infra"
	"github.com/douyin-on-dapr/douyin/services/contract"
	"github.com/douyin-on-dapr/douyin/services/platform/s3store"
)

type auditCommand struct {
	JSON             bool          `help:"Print the report as JSON."`
	Settle           time.Duration `help:"How long events that wait may take to go out and to have their effects." default:"15s"`
	AllowDeadLetters bool          `help:"Tell of dead letters without counting them as violations."`
	Sample           int           `help:"At most so many users and videos are looked up through the API; 0: all." default:"200"`
	RemoveStrays     bool          `help:"Also remove stored objects of videos, and unfinished uploads of such, that no row knows and that are older than 10 minutes."`
	Gateway          string        `help:"Base URL of the API to ask, if not this stack's gateway."`
}

func (*auditCommand) Help() string {
	return "Compares databases, hot state, API and stored objects, and prints each broken promise in a line. " +
		"It works under traffic and changes nothing, except that --remove-strays removes objects that no row knows. " +
		"The exit code is not 0 when there is a broken promise."
}

func (c *auditCommand) Run(ctx context.Context, g *Globals) error {
	report, err := c.audit(ctx, g)
	if err == nil || !report.OK() || report.Removed > 0 {
		err = errors.Join(err, c.print(report))
	}
	if err == nil && !report.OK() {
		return ExitCode(1)
	}
	return err
}

func (c *auditCommand) print(report audit.Report) error {
	if !c.JSON {
		return report.Write(os.Stdout)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(report)
}

// audit runs on what is up of the stack.
func (c *auditCommand) audit(ctx context.Context, g *Globals) (report audit.Report, err error) {
	client, dir, err := g.client()
	if err != nil {
		return report, err
	}
	status, err := client.Status(ctx)
	if errors.Is(err, control.ErrNotRunning) {
		return report, notRunning(dir)
	}
	if err != nil {
		return report, err
	}
	o := audit.Options{
		Settle: c.Settle, AllowDeadLetters: c.AllowDeadLetters, Sample: c.Sample,
		DSNs: map[string]string{},
	}
	secrets, err := readSecrets(dir)
	if err != nil {
		return report, err
	}
	for name, value := range secrets {
		if service, ok := strings.CutPrefix(name, "mysql-"); ok {
			o.DSNs[strings.TrimSuffix(service, "-dsn")] = value
		}
	}
	if status.Env == environmentLocal {
		o.Objects = audit.Folder(dir.Objects())
	}
	if c.Gateway != "" {
		o.API = audit.NewGateway(strings.TrimRight(c.Gateway, "/"))
	}
	for _, part := range status.Parts {
		switch {
		case part.Name == "s3":
			bucket, err := audit.NewBucket(status.S3, infra.S3Bucket, infra.S3Region,
				s3store.Keys{Access: secrets[contract.SecretS3AccessKey], Secret: secrets[contract.SecretS3SecretKey]})
			if err != nil {
				return report, err
			}
			o.Objects = bucket
		case part.Name == "redis":
			hot := audit.NewRedisHot(net.JoinHostPort("127.0.0.1", strconv.Itoa(part.Port)), secrets["redis-password"])
			defer func() { err = errors.Join(err, hot.Close()) }()
			o.Hot = hot
		case strings.HasPrefix(part.Name, "gateway") && o.API == nil: // one of any number
			record, err := dir.ReadRecord()
			if err != nil {
				return report, err
			}
			o.API = audit.NewGateway(record.LocalURL)
		}
	}
	if c.RemoveStrays {
		o.Remover, _ = o.Objects.(audit.Remover) // both kinds of store are; without one there is nothing to remove
	}
	return audit.Run(ctx, o)
}

func readSecrets(dir datadir.Dir) (map[string]string, error) {
	raw, err := os.ReadFile(dir.Secrets())
	if err != nil {
		return nil, err
	}
	var secrets map[string]string
	if err := json.Unmarshal(raw, &secrets); err != nil {
		return nil, fmt.Errorf("%s: %w", dir.Secrets(), err)
	}
	return secrets, nil
}
