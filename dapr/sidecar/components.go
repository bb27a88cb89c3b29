package main

import (
	"github.com/dapr/components-contrib/bindings/aws/s3"
	"github.com/dapr/components-contrib/bindings/localstorage"
	"github.com/dapr/components-contrib/nameresolution/mdns"
	resolversqlite "github.com/dapr/components-contrib/nameresolution/sqlite"
	pubsubredis "github.com/dapr/components-contrib/pubsub/redis"
	secretfile "github.com/dapr/components-contrib/secretstores/local/file"
	statememory "github.com/dapr/components-contrib/state/in-memory"
	stateredis "github.com/dapr/components-contrib/state/redis"
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
	"github.com/dapr/dapr/pkg/runtime/registry"
	"github.com/dapr/kit/logger"
)

// registries returns every registry the runtime asks for, filled with the
// components that the environments under components/ and the tests of
// platform/daprtest name. The other kinds are empty: the runtime dereferences all
// ten registries.
func registries(log logger.Logger) *registry.Options {
	return registry.NewOptions().
		WithStateStores(stateStores(log)).
		WithPubSubs(pubSubs(log)).
		WithBindings(objectStores(log)).
		WithSecretStores(secretStores(log)).
		WithNameResolutions(resolvers(log)).
		WithHTTPMiddlewares(httpmiddleware.NewRegistry()).
		WithConfigurations(configuration.NewRegistry()).
		WithLocks(lock.NewRegistry()).
		WithCryptoProviders(crypto.NewRegistry()).
		WithConversations(conversation.NewRegistry())
}

func stateStores(log logger.Logger) *state.Registry {
	r := state.NewRegistry()
	r.Logger = log
	r.RegisterComponent(stateredis.NewRedisStateStore, "redis")
	r.RegisterComponent(statememory.NewInMemoryStateStore, "in-memory")
	return r
}

func pubSubs(log logger.Logger) *pubsub.Registry {
	r := pubsub.NewRegistry()
	r.Logger = log
	r.RegisterComponent(pubsubredis.NewRedisStreams, "redis")
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
	r.RegisterComponent(secretfile.NewLocalSecretStore, "local.file")
	return r
}

func resolvers(log logger.Logger) *nameresolution.Registry {
	r := nameresolution.NewRegistry()
	r.Logger = log
	r.RegisterComponent(mdns.NewResolver, "mdns")
	r.RegisterComponent(resolversqlite.NewResolver, "sqlite")
	return r
}
