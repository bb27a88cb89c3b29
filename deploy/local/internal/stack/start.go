package stack

import (
	"context"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/build"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/infra"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/ports"
)

func (s *Stack) startDatabases(ctx context.Context) error {
	if err := s.options.Dir.WriteSecrets(s.credentials, s.options.Plan.MySQL); err != nil {
		return err
	}
	var err error
	s.Redis = infra.Redis{Dir: s.options.Dir.Redis, Port: s.options.Plan.Redis, Password: s.credentials.RedisPassword}
	if s.options.Mode == Tests {
		s.Redis.Password = ""
	}
	if s.Redis.Server, err = infra.FindRedis(); err != nil {
		return err
	}
	if err := s.Redis.Configure(); err != nil {
		return err
	}
	s.Start(s.Redis.Spec())

	s.MySQL = infra.MySQL{
		Dir:      s.options.Dir.MySQL,
		Socket:   s.options.Dir.Socket("mysql"),
		Port:     s.options.Plan.MySQL,
		Admin:    s.credentials.MySQLAdmin,
		Services: s.credentials.MySQL,
	}
	if s.MySQL.Programs, err = infra.FindMySQL(ctx); err != nil {
		return err
	}
	if err := s.MySQL.Initialise(ctx, s.Command); err != nil {
		return err
	}
	s.Start(s.MySQL.Spec())
	return nil
}

// Builder builds programs of the checkout; none of its processes outlives the
// starter.
func (s *Stack) Builder() build.Builder {
	return build.Builder{Root: s.options.Root, Console: s.options.Console, Run: s.Command}
}

func (s *Stack) build(ctx context.Context) error {
	if s.options.NoBuild {
		return nil
	}
	if s.options.Mode == Full {
		names := s.options.File.Programs()
		if len(s.options.Plan.Direct()) > 0 {
			names = append(names, ports.Proxy)
		}
		if err := s.Builder().Programs(ctx, names); err != nil {
			return err
		}
	}
	return s.Builder().Sidecar(ctx)
}

// optionalS3 reports whether the stack can run without the S3 server: few tests
// use it.
func (s *Stack) optionalS3() bool { return s.options.Mode == Tests && !s.options.RequireS3 }

// startS3 builds and starts the S3 server. It is built while the databases start.
func (s *Stack) startS3(ctx context.Context) error {
	if !s.options.NoBuild {
		err := s.Builder().S3(ctx)
		if err != nil && ctx.Err() == nil && s.optionalS3() {
			s.options.Console.Printf("continuing with no S3 server, because it cannot be built (REQUIRE_INFRA=1 makes this an error): %v", err)
			s.hasS3.Store(false)
			return nil
		}
		if err != nil {
			return err
		}
	}
	s.Start(s.s3.Spec())
	return nil
}
