// Package userv1 is the generated contract of the user service, see user.proto.
package userv1
