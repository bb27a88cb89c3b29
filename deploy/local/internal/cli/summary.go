package cli

import (
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/datadir"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/seed"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/stack"
)

// summary is what a start ends with.
func summary(show *console.Console, s *stack.Stack, dir datadir.Dir) {
	url := s.BaseURL()
	show.Printf("")
	show.Printf("  %s   %s", show.Bold("Douyin is ready:"), show.Bold(url))
	show.Printf("  In the app, enter it as the server's address (with a slash at the end).")
	if dir.Seeded() {
		account := seed.DemoAccount()
		show.Printf("  Demo account:      %s, password %s", show.Bold(account.Name), show.Bold(account.Password))
	}
	show.Printf("")
	show.Printf("  curl '%s/douyin/feed'", url)
	show.Printf("  curl -X POST '%s/douyin/user/register/?username=me&password=secret123'", url)
	show.Printf("  curl -F data=@clip.mp4 -F token=TOKEN -F title=Hello '%s/douyin/publish/action/'", url)
	show.Printf("")
	show.Printf("  %s", show.Dim("Another terminal: make status, make logs, make doctor. Stop: Ctrl-C or make down."))
	show.Printf("")
}

// infraSummary says what a stack of databases alone is for.
func infraSummary(show *console.Console, s *stack.Stack) {
	show.Printf("")
	show.Printf("  Redis is at %s, MySQL at port %d; the secrets are in the data folder.", s.Redis().Addr(), s.MySQL().Port)
	show.Printf("  Now: dapr run -f dapr/dapr.yaml    (Dapr CLI and bin/ built with `make build`)")
	show.Printf("")
}
