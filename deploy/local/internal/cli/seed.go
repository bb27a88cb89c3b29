package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/build"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/stack"
)

// demoUser is the demo user whose login is shown; deploy/ops/cmd/demo registers
// it.
const demoUser = "demo"

type seedCommand struct{}

func (*seedCommand) Run(ctx context.Context, g *Globals) error {
	status, dir, err := g.running(ctx)
	if err != nil {
		return err
	}
	if err := seed(ctx, newBuilder(status.Root, os.Stdout), dir, status.LocalURL); err != nil {
		return err
	}
	login, err := demoLogin(dir)
	fmt.Printf("%s: log in as %s\n", status.BaseURL, login)
	return err
}

// seed adds the demo data and records that it is complete.
func seed(ctx context.Context, b build.Builder, dir datadir.Dir, gateway string) error {
	if err := b.Programs(ctx, []string{"demo"}); err != nil {
		return err
	}
	step := b.Console.Step("demo data")
	last := ""
	progress := console.NewLines(func(line string) {
		last = line
		step.Update("%s", line)
	})
	faults := ""
	failure := console.NewLines(func(line string) { faults += line })
	//nolint:gosec,noctx // a program of this checkout; b.Run heeds the context
	cmd := exec.Command(b.Bin("demo"), "--gateway", gateway, "--accounts", dir.Accounts, "--folder", dir.Root)
	cmd.Stdout, cmd.Stderr = progress, failure
	if err := b.Run(ctx, cmd); err != nil {
		failure.Flush()
		return fmt.Errorf("%s (%w)", faults, err)
	}
	step.Done("%s", last)
	return dir.MarkSeeded()
}

// demoLogin is the demo user's login for people.
func demoLogin(dir datadir.Dir) (string, error) {
	password, err := dir.Password(demoUser)
	return demoUser + ", password " + password, err
}

// welcome seeds a new stack and shows how to use it. A stack runs without the
// demo too, and the next start tries again.
func welcome(ctx context.Context, b build.Builder, s *stack.Stack, dir datadir.Dir, withDemo bool) error {
	show := b.Console
	if withDemo && !dir.Seeded() {
		err := seed(ctx, b, dir, s.Plan().LocalURL())
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			show.Printf("the demo data is incomplete: %v", err)
			show.Printf("The stack runs without it. The next start tries again, or `%s` now.", command("seed"))
		}
	}
	login := ""
	if dir.Seeded() {
		var err error
		if login, err = demoLogin(dir); err != nil {
			return err
		}
	}
	summary(show, s.Status().BaseURL, login, dir)
	return nil
}

// summary is the end of a start.
func summary(show *console.Console, url, login string, dir datadir.Dir) {
	if login != "" {
		login = "\n  Demo user:         " + show.Bold(login)
	}
	show.Printf(`
  %s   %s
  Enter it in the app as the server's address (with a slash at the end).%s

  curl '%[2]s/douyin/feed'
  curl -X POST '%[2]s/douyin/user/register/?username=me&password=secret123'
  curl -F data=@clip.mp4 -F token=TOKEN -F title=Hello '%[2]s/douyin/publish/action/'

  %[4]s
  %[5]s
`, show.Bold("Douyin is ready:"), url, login,
		show.Dim("Below: changes of state, warnings and errors. The rest is in "+dir.Short()+"/logs; read it with make logs."),
		show.Dim("In another terminal: make status, make doctor. Stop with Ctrl-C or make down."))
}

// infraSummary is the end of a start of the databases alone.
func infraSummary(show *console.Console, s *stack.Stack) {
	show.Printf(`
  Redis is at %s, MySQL at port %d; the secrets are in the data folder.
  Now: dapr run -f dapr/dapr.yaml    (Dapr CLI and bin/ built with `+"`make build`"+`)
`, s.Redis.Addr(), s.MySQL.Port)
}
