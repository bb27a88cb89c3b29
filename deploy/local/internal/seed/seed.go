// Package seed fills an empty stack with a few users and short real videos,
// through the public API as a phone would.
package seed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/console"
)

// Account is a user to log in as.
type Account struct{ Name, Password string }

// DemoAccount is the account that is shown to people.
func DemoAccount() Account { return Account{"demo", "douyin123"} }

// post is one video of the demo.
type post struct {
	author Account
	title  string
	clip   clip
}

// posts are what a new stack shows, the newest last.
func posts() []post {
	lei, mei := Account{"wanglei", "wanglei123"}, Account{"hanmeimei", "hanmeimei123"}
	return []post{
		{lei, "生命游戏 Conway's Game of Life", clip{"life=size=270x480:rate=15:mold=10:ratio=0.1:seed=7:death_color=#c83232:life_color=#00d070,scale=540:960:flags=neighbor", 262}},
		{mei, "曼德博集合 Into the Mandelbrot set", clip{"mandelbrot=size=540x960:rate=25:end_scale=0.05", 330}},
		{lei, "元胞自动机 Rule 110", clip{"cellauto=size=270x480:rate=25:rule=110:random_seed=3,scale=540:960:flags=neighbor", 392}},
		{DemoAccount(), "测试画面 Hello from the test card", clip{"testsrc2=size=540x960:rate=25", 440}},
	}
}

// Demo registers the users, publishes the videos at the gateway and returns when
// they are in the feed. What is there already is left alone, so a run that broke off can be repeated. run
// starts ffmpeg; folder is where clips may lie for a moment.
func Demo(ctx context.Context, show *console.Console, run Runner, gateway, folder string) (err error) {
	step := show.Step("demo data")
	temporary, err := os.MkdirTemp(folder, "seed-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temporary)) }()
	api := newAPI(gateway)
	sessions := map[Account]session{}
	list := posts()
	for i, p := range list {
		step.Update("video %d of %d", i+1, len(list))
		author, known := sessions[p.author]
		if !known {
			if author, err = api.signIn(ctx, p.author); err != nil {
				return fmt.Errorf("user %s: %w", p.author.Name, err)
			}
			sessions[p.author] = author
		}
		if author.published[p.title] {
			continue
		}
		file := filepath.Join(temporary, fmt.Sprintf("%d.mp4", i))
		if err := p.clip.render(ctx, run, file); err != nil {
			return err
		}
		if err := api.publish(ctx, author, p.title, file); err != nil {
			return fmt.Errorf("video %q: %w", p.title, err)
		}
	}
	if err := api.wait(ctx, step, sessions); err != nil {
		return err
	}
	step.Done("%d users, %d videos", len(sessions), len(list))
	return nil
}
