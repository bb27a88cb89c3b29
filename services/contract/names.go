// Package contract holds all that crosses a process border: the protobuf
// services below it, and here the names that Go code shares with the YAML under
// components/ and dapr/. A test compares the two.
package contract

// App is a Dapr app id.
type App string

// The programs of the system. A stack may append one suffix to every id, so
// that two stacks on one network do not hear each other; see daprx.Options.
const (
	AppGateway     App = "gateway"
	AppUser        App = "user"
	AppVideo       App = "video"
	AppInteraction App = "interaction"
	AppRelation    App = "relation"
	AppChat        App = "chat"
	AppMedia       App = "media"
)

// The Dapr components. An environment decides what they are, never how they
// are called.
const (
	StateStore  = "statestore"
	PubSub      = "pubsub"
	VideoStore  = "videostore"
	SecretStore = "secretstore"
)

// HotPrefix is the keyPrefix of the state store: literal, so that a service can
// read the hot documents of another.
const HotPrefix = "douyin"

// The secrets that programs and components read from the secret store.
const (
	SecretJWTKeys        = "jwt-keys" // see gateway/internal/token
	SecretUserDSN        = "mysql-user-dsn"
	SecretVideoDSN       = "mysql-video-dsn"
	SecretInteractionDSN = "mysql-interaction-dsn"
	SecretRelationDSN    = "mysql-relation-dsn"
	SecretChatDSN        = "mysql-chat-dsn"
	SecretRedisPassword  = "redis-password"
	SecretS3AccessKey    = "s3-access-key"
	SecretS3SecretKey    = "s3-secret-key"
)

// EventPath is where a program takes the events of a topic: the route in the
// YAML of its subscription.
func EventPath(topic string) string { return "/events/" + topic }

// DeadLetterTopic is where the events end that a program could not process; the
// same program keeps them.
func DeadLetterTopic(app App) string { return "dead-letters." + string(app) }

// Apps lists every program.
func Apps() []App {
	return []App{AppGateway, AppUser, AppVideo, AppInteraction, AppRelation, AppChat, AppMedia}
}

// Components lists every component that an environment has to define.
func Components() []string {
	return []string{StateStore, PubSub, VideoStore, SecretStore}
}

// Secrets lists every secret that an environment's secret store has to hold.
func Secrets() []string {
	return []string{
		SecretJWTKeys, SecretUserDSN, SecretVideoDSN, SecretInteractionDSN, SecretRelationDSN, SecretChatDSN,
		SecretRedisPassword, SecretS3AccessKey, SecretS3SecretKey,
	}
}

// Calls is the call graph: which program may call which over service
// invocation. It has no cycle, and nobody calls the gateway; a test holds the
// imports of every program against it.
func Calls() map[App][]App {
	return map[App][]App{
		AppGateway:     {AppUser, AppVideo, AppInteraction, AppRelation, AppChat},
		AppVideo:       {AppUser},
		AppInteraction: {AppVideo},
		AppRelation:    {AppUser},
		AppChat:        {AppUser, AppRelation},
		AppMedia:       {AppVideo},
		AppUser:        nil,
	}
}
