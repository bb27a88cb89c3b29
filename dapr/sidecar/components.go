package main

import (
	"context"

	"github.com/dapr/components-contrib/bindings/aws/s3"
	"github.com/dapr/components-contrib/bindings/localstorage"
	contribmiddleware "github.com/dapr/components-contrib/middleware"
	"github.com/dapr/components-contrib/middleware/http/routerchecker"
	"github.com/dapr/components-contrib/nameresolution/mdns"
	"github.com/dapr/components-contrib/nameresolution/nameformat"
	resolversqlite "github.com/dapr/components-contrib/nameresolution/sqlite"
	pubsubmemory "github.com/dapr/components-contrib/pubsub/in-memory"
	"github.com/dapr/components-contrib/pubsub/jetstream"
	"github.com/dapr/components-contrib/pubsub/rabbitmq"
	pubsubredis "github.com/dapr/components-contrib/pubsub/redis"
	secretenv "github.com/dapr/components-contrib/secretstores/local/env"
	secretfile "github.com/dapr/components-contrib/secretstores/local/file"
	statememory "github.com/dapr/components-contrib/state/in-memory"
	"github.com/dapr/components-contrib/state/mysql"
	postgresv1 "github.com/dapr/components-contrib/state/postgresql/v1"
	postgresv2 "github.com/dapr/components-contrib/state/postgresql/v2"
	stateredis "github.com/dapr/components-contrib/state/redis"
	"github.com/dapr/dapr/pkg/components"
	"github.com/dapr/dapr/pkg/components/bindings"
	"github.com/dapr/dapr/pkg/components/configuration"
	"github.com/dapr/dapr/pkg/components/conversation"
	"github.com/dapr/dapr/pkg/components/crypto"
	"github.com/dapr/dapr/pkg/components/lock"
	httpmiddleware "github.com/dapr/dapr/pkg/components/middleware/http"
	"github.com/dapr/dapr/pkg/components/nameresolution"
	"github.com/dapr/dapr/pkg/components/pubsub"
	"github.com/dapr/dapr/pkg/components/secretstores"
	"github.com/dapr/dapr/pkg/components/state"
	"github.com/dapr/dapr/pkg/middleware"
	"github.com/dapr/dapr/pkg/runtime/registry"
	"github.com/dapr/kit/logger"
)

// registries returns every registry the runtime asks for, filled with the
// components that the environments under components/ name. The kinds that
// Douyin does not use are there, empty: the runtime dereferences all ten.
func registries(log logger.Logger) *registry.Options {
	return registry.NewOptions().
		WithStateStores(stateStores(log)).
		WithPubSubs(pubSubs(log)).
		WithBindings(objectStores(log)).
		WithSecretStores(secretStores(log)).
		WithNameResolutions(resolvers(log)).
		WithHTTPMiddlewares(httpMiddlewares(log)).
		WithConfigurations(configuration.NewRegistry()).
		WithLocks(lock.NewRegistry()).
		WithCryptoProviders(crypto.NewRegistry()).
		WithConversations(conversation.NewRegistry())
}

func stateStores(log logger.Logger) *state.Registry {
	r := state.NewRegistry()
	r.Logger = log
	r.RegisterComponent(stateredis.NewRedisStateStore, "redis")
	r.RegisterComponent(mysql.NewMySQLStateStore, "mysql")
	r.RegisterComponent(statememory.NewInMemoryStateStore, "in-memory")
	r.RegisterComponentWithVersions("postgresql", components.Versioning{
		Preferred: components.VersionConstructor{Version: "v2", Constructor: postgresv2.NewPostgreSQLStateStore},
		Others:    []components.VersionConstructor{{Version: "v1", Constructor: postgresv1.NewPostgreSQLStateStore}},
		Default:   "v1",
	})
	return r
}

func pubSubs(log logger.Logger) *pubsub.Registry {
	r := pubsub.NewRegistry()
	r.Logger = log
	r.RegisterComponent(pubsubredis.NewRedisStreams, "redis")
	r.RegisterComponent(jetstream.NewJetStream, "jetstream")
	r.RegisterComponent(rabbitmq.NewRabbitMQ, "rabbitmq")
	r.RegisterComponent(pubsubmemory.New, "in-memory")
	return r
}

func objectStores(log logger.Logger) *bindings.Registry {
	r := bindings.NewRegistry()
	r.Logger = log
	r.RegisterOutputBinding(localstorage.NewLocalStorage, "localstorage")
	r.RegisterOutputBinding(s3.NewAWSS3, "aws.s3")
	return r
}

func secretStores(log logger.Logger) *secretstores.Registry {
	r := secretstores.NewRegistry()
	r.Logger = log
	r.RegisterComponent(secretenv.NewEnvSecretStore, "local.env")
	r.RegisterComponent(secretfile.NewLocalSecretStore, "local.file")
	return r
}

func resolvers(log logger.Logger) *nameresolution.Registry {
	r := nameresolution.NewRegistry()
	r.Logger = log
	r.RegisterComponent(mdns.NewResolver, "mdns")
	r.RegisterComponent(resolversqlite.NewResolver, "sqlite")
	r.RegisterComponent(nameformat.NewResolver, "nameformat")
	return r
}

func httpMiddlewares(log logger.Logger) *httpmiddleware.Registry {
	r := httpmiddleware.NewRegistry()
	r.Logger = log
	r.RegisterComponent(func(log logger.Logger) httpmiddleware.FactoryMethod {
		return func(metadata contribmiddleware.Metadata) (middleware.HTTP, error) {
			return routerchecker.NewMiddleware(log).GetHandler(context.Background(), metadata)
		}
	}, "routerchecker")
	return r
}
