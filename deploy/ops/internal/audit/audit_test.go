package audit_test

import (
	"testing"

	"github.com/douyin-on-dapr/douyin/deploy/ops/internal/opsharness"
)

// The tests share the databases, one after the other, because creating them
// takes longer than a test.
func TestOnRealDatabases(t *testing.T) {
	d := opsharness.NewDatabases(t)
	for name, test := range map[string]func(*testing.T, opsharness.Databases){
		"ConsistentDataHasNoViolation":           testConsistentDataHasNoViolation,
		"EachViolationInRowsIsFound":             testEachViolationInRowsIsFound,
		"UnpublishedEvents":                      testUnpublishedEvents,
		"EventsPublishedInTime":                  testEventsPublishedInTime,
		"EventsAgainstRows":                      testEventsAgainstRows,
		"VideosThatWaitLong":                     testVideosThatWaitLong,
		"PurgeUnderWay":                          testPurgeUnderWay,
		"ObjectsInABucket":                       testObjectsInABucket,
		"DeadLetters":                            testDeadLetters,
		"EachStaleHotDocumentIsFound":            testEachStaleHotDocumentIsFound,
		"DocumentRenewedInTime":                  testDocumentRenewedInTime,
		"DocumentRenewedWrongly":                 testDocumentRenewedWrongly,
		"DocumentThatAlwaysChanges":              testDocumentThatAlwaysChanges,
		"HotStateDown":                           testHotStateDown,
		"EachWrongAnswerOfTheAPIIsFound":         testEachWrongAnswerOfTheAPIIsFound,
		"APIDown":                                testAPIDown,
		"SampleBoundsTheRequests":                testSampleBoundsTheRequests,
		"EachFaultOfObjectsIsFound":              testEachFaultOfObjectsIsFound,
		"NoFalseAlarmUnderTraffic":               testNoFalseAlarmUnderTraffic,
		"AbsentServicesAreSkipped":               testAbsentServicesAreSkipped,
		"OnlyTheFirstOfManyViolationsArePrinted": testOnlyTheFirstOfManyViolationsArePrinted,
	} {
		t.Run(name, func(t *testing.T) { test(t, d) })
	}
}
