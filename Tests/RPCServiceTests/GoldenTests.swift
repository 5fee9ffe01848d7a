import AuraAPI
import AuraModel
import JSONRPC
import Testing

@testable import RPCService

/// The surface that clients rely on. A change shows here and needs a line in CHANGELOG.md.
@Suite("Golden lists of the API")
struct GoldenTests {
    @Test("error codes of operations keep their numbers and names")
    func errorCodes() {
        let listed = RPCErrorCode.operations.map { "\($0.number) \($0.name)" }
        #expect(
            listed == [
                "-32020 instanceNotFound", "-32021 jobNotFound", "-32022 nameTaken", "-32023 instanceBusy",
                "-32024 phaseConflict", "-32025 idempotencyMismatch", "-32026 jobTerminal", "-32027 storageUnavailable",
                "-32028 subscriptionExists", "-32029 cursorAhead", "-32030 unknownRegion", "-32031 unknownSize",
                "-32032 quotaExceeded", "-32033 cursorExpired", "-32034 pivotPassed", "-32035 nothingToRetry",
                "-32036 waitTimeout", "-32037 sweepRunning", "-32038 unreadable",
            ])
        let numbers = (RPCErrorCode.operations + RPCErrorCode.wire).map(\.number)
        #expect(Set(numbers).count == numbers.count)
    }
}
