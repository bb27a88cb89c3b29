package client

// Code is a status code. A code never gets a second meaning.
type Code int32

// The status codes: 1xxx for the request, 2xxx for accounts, 3xxx for videos, 4xxx
// for what users do with videos and with each other, 5xxx for faults and overload
// of the system.
const (
	CodeOK Code = 0

	CodeInvalid         Code = 1000
	CodeParamMissing    Code = 1001
	CodeParamInvalid    Code = 1002
	CodeParamDuplicate  Code = 1003
	CodeRouteUnknown    Code = 1004
	CodeMethodUnsuited  Code = 1005
	CodeBodyTooLarge    Code = 1006
	CodeBodyTooSlow     Code = 1007
	CodeBodyInterrupted Code = 1008
	CodeActionUnknown   Code = 1009
	CodeForbidden       Code = 1010
	CodeNotFound        Code = 1011
	CodeConflict        Code = 1012
	CodeRequestIDReused Code = 1013

	CodeTokenInvalid     Code = 2001
	CodeNameInvalid      Code = 2002
	CodePasswordInvalid  Code = 2003
	CodeNameTaken        Code = 2004
	CodeWrongCredentials Code = 2005
	CodeUserUnknown      Code = 2006

	CodeVideoMissing            Code = 3001
	CodeVideoEmpty              Code = 3002
	CodeVideoTooLarge           Code = 3003
	CodeVideoFormat             Code = 3004
	CodeTitleInvalid            Code = 3005
	CodeUploadMalformed         Code = 3006
	CodeUploadExpired           Code = 3007
	CodeTooManyUploads          Code = 3008
	CodeVideoUnknown            Code = 3009
	CodeVideoNotOwner           Code = 3010
	CodeDirectUploadUnavailable Code = 3011
	CodeUploadIncomplete        Code = 3012

	CodeCommentInvalid  Code = 4001
	CodeCommentUnknown  Code = 4002
	CodeCommentNotOwner Code = 4003
	CodeSelfFollow      Code = 4101
	CodeMessageInvalid  Code = 4201
	CodeSelfMessage     Code = 4202
	CodeNotFriends      Code = 4203

	CodeInternal    Code = 5000
	CodeUnavailable Code = 5001
	CodeTimeout     Code = 5002
	CodeBusy        Code = 5003
)
