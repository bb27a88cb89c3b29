package audit_test

import "testing"

// Making the databases takes longer than the tests on them, which therefore
// share them, one after the other.
func TestOnRealDatabases(t *testing.T) {
	d := newDatabases(t)
	for name, test := range map[string]func(*testing.T, databases){
		"NothingIsFoundWherePromisesAreKept": testNothingIsFoundWherePromisesAreKept,
		"EachBrokenPromiseOfTheRowsIsFound":  testEachBrokenPromiseOfTheRowsIsFound,
		"EventsThatAreNotPublished":          testEventsThatAreNotPublished,
		"EventsThatGoOutInTime":              testEventsThatGoOutInTime,
		"EventsAgainstRows":                  testEventsAgainstRows,
		"VideosThatWaitForLong":              testVideosThatWaitForLong,
		"PurgeUnderWay":                      testPurgeUnderWay,
		"ObjectsInABucket":                   testObjectsInABucket,
		"DeadLetters":                        testDeadLetters,
		"EachStaleHotDocumentIsFound":        testEachStaleHotDocumentIsFound,
		"CopyThatIsRenewedInTime":            testCopyThatIsRenewedInTime,
		"CopyThatIsRenewedWrongly":           testCopyThatIsRenewedWrongly,
		"CopyThatIsNeverTheSame":             testCopyThatIsNeverTheSame,
		"HotStateDown":                       testHotStateDown,
		"EachWrongAnswerOfTheAPIIsFound":     testEachWrongAnswerOfTheAPIIsFound,
		"APIDown":                            testAPIDown,
		"SampleBoundsTheQuestions":           testSampleBoundsTheQuestions,
		"EachFaultOfObjectsIsFound":          testEachFaultOfObjectsIsFound,
		"ManyStraysAreFound":                 testManyStraysAreFound,
		"StraysAreRemoved":                   testStraysAreRemoved,
		"StraysThatARowNamesInTimeStay":      testStraysThatARowNamesInTimeStay,
		"StraysStayWithoutARemover":          testStraysStayWithoutARemover,
		"StraysOfABucketAreRemoved":          testStraysOfABucketAreRemoved,
		"UploadThatARowTakesInTimeGoesOn":    testUploadThatARowTakesInTimeGoesOn,
		"NoFalseAlarmUnderTraffic":           testNoFalseAlarmUnderTraffic,
		"ServicesThatAreNotThereAreSkipped":  testServicesThatAreNotThereAreSkipped,
		"ManyViolationsArePrintedAsAFew":     testManyViolationsArePrintedAsAFew,
	} {
		t.Run(name, func(t *testing.T) { test(t, d) })
	}
}
