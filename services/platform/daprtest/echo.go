package daprtest

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// A gRPC service for tests: one method that receives and returns a text.
const (
	echoService = "daprtest.Echo"
	EchoMethod  = "/" + echoService + "/Say"
)

// EchoFunc implements the method.
type EchoFunc func(ctx context.Context, text string) (string, error)

// RegisterEcho adds the service to a server.
func RegisterEcho(registrar grpc.ServiceRegistrar, say EchoFunc) {
	registrar.RegisterService(&grpc.ServiceDesc{
		ServiceName: echoService,
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "Say", Handler: handleEcho}},
	}, say)
}

// handleEcho does the same as generated code, in the signature of gRPC.
//
//nolint:revive // the order of the parameters is gRPC's
func handleEcho(service any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
	request := new(wrapperspb.StringValue)
	if err := decode(request); err != nil {
		return nil, err
	}
	say := service.(EchoFunc)
	handle := func(ctx context.Context, request any) (any, error) {
		answer, err := say(ctx, request.(*wrapperspb.StringValue).GetValue())
		return wrapperspb.String(answer), err
	}
	if intercept == nil {
		return handle(ctx, request)
	}
	return intercept(ctx, request, &grpc.UnaryServerInfo{Server: service, FullMethod: EchoMethod}, handle)
}

// Say calls the service.
func Say(ctx context.Context, conn grpc.ClientConnInterface, text string) (string, error) {
	answer := new(wrapperspb.StringValue)
	err := conn.Invoke(ctx, EchoMethod, wrapperspb.String(text), answer)
	return answer.GetValue(), err
}
