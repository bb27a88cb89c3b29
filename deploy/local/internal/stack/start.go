package stack

import (
	"context"

	"github.com/douyin-on-dapr/douyin/deploy/local/internal/build"
	"github.com/douyin-on-dapr/douyin/deploy/local/internal/infra"
)

func (s *Stack) startDatabases(ctx context.Context) error {
	if err := s.options.Dir.WriteSecrets(s.credentials, s.options.Plan.MySQL); err != nil {
		return err
	}
	var err error
	s.redis = infra.Redis{Dir: s.options.Dir.Redis(), Port: s.options.Plan.Redis, Password: s.credentials.RedisPassword}
	if s.options.ForTests {
		s.redis.Password = ""
	}
	if s.redis.Server, err = infra.FindRedis(); err != nil {
		return err
	}
	if err := s.redis.Configure(); err != nil {
		return err
	}
	s.supervisor.Start(s.redis.Spec())

	s.mysql = infra.MySQL{
		Dir:      s.options.Dir.MySQL(),
		Socket:   s.options.Dir.Socket("mysql"),
		Port:     s.options.Plan.MySQL,
		Admin:    s.credentials.MySQLAdmin,
		Services: s.credentials.MySQL,
	}
	if s.mysql.Programs, err = infra.FindMySQL(ctx); err != nil {
		return err
	}
	if err := s.mysql.Initialise(ctx, s.supervisor.Command); err != nil {
		return err
	}
	s.supervisor.Start(s.mysql.Spec())
	return nil
}

func (s *Stack) build(ctx context.Context) error {
	if s.options.NoBuild {
		return nil
	}
	builder := build.Builder{Root: s.options.Root, Console: s.options.Console, Run: s.supervisor.Command}
	if !s.options.InfraOnly {
		var names []string
		for _, app := range s.options.File.Apps {
			names = append(names, programName(app))
		}
		if err := builder.Programs(ctx, names); err != nil {
			return err
		}
	}
	return builder.Sidecar(ctx)
}

// needsS3 says that there is no doing without the S3 server: only few tests use
// it.
func (s *Stack) needsS3() bool { return !s.options.ForTests || s.options.RequireS3 }

// startS3 builds the S3 server, which is done while the databases start, and
// starts it.
func (s *Stack) startS3(ctx context.Context) error {
	if !s.options.NoBuild {
		builder := build.Builder{Root: s.options.Root, Console: s.options.Console, Run: s.supervisor.Command}
		err := builder.S3(ctx)
		if err != nil && ctx.Err() == nil && !s.needsS3() {
			s.options.Console.Printf("there is no S3 server, because it cannot be built (REQUIRE_INFRA=1 makes that a fault): %v", err)
			s.hasS3.Store(false)
			return nil
		}
		if err != nil {
			return err
		}
	}
	s.supervisor.Start(s.s3.Spec())
	return nil
}
