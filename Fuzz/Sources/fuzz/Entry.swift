import Glibc

// The program's `main` is libFuzzer's:
//
//     FUZZ_TARGET=json fuzz [flags of libFuzzer] [corpus directories, or inputs to run once]
//
// libFuzzer starts itself again to merge or minimise, with its own arguments. So an environment variable names the
// target.

/// Runs one input through the target that the environment names.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target(Array(UnsafeBufferPointer(start: data, count: count)))
    return 0
}

private let target: @Sendable ([UInt8]) -> Void =
    switch environment("FUZZ_TARGET") {
    case "json": JSONTarget.run
    case "messages": MessagesTarget.run
    case "framing": FramingTarget.run
    case "connection": ConnectionTarget.run
    case "parameters": ParametersTarget.run
    case "token": TokenTarget.run
    case "restriction": RestrictionTarget.run
    case "signature": SignatureTarget.run
    case "checkpoint": CheckpointTarget.run
    case "keyfile": KeyFileTarget.run
    default: fatalError("FUZZ_TARGET is one of the targets that Fuzz/README.md lists")
    }

/// Returns an environment variable, or an empty text if it is not set.
func environment(_ name: String) -> String {
    getenv(name).map { String(cString: $0) } ?? ""
}
