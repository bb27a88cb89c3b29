// Package chatv1 is the generated contract of the chat service, see chat.proto.
package chatv1
