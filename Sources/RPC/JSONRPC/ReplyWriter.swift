internal import JSON

/// Writes replies and notifications as compact JSON.
enum ReplyWriter {
    private static let start = Array(#"{"jsonrpc":"2.0","id":"#.utf8)
    private static let result = Array(#","result":"#.utf8)
    private static let error = Array(#","error":"#.utf8)
    private static let method = Array(#"{"jsonrpc":"2.0","method":"#.utf8)
    private static let params = Array(#","params":"#.utf8)

    static func append(_ id: RPCID, _ outcome: Outcome, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: start)
        bytes.append(contentsOf: id.raw.utf8)
        switch outcome {
        case .success(let answer):
            bytes.append(contentsOf: result)
            switch answer.result {
            case .json(let value): JSONWriter.append(value, to: &bytes)
            case .bytes(let text): bytes.append(contentsOf: text)
            }
        case .failure(let failure):
            bytes.append(contentsOf: error)
            JSONWriter.append(failure.json, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    static func notification(_ name: String, params value: JSONValue) -> [UInt8] {
        var bytes = method
        JSONWriter.append(name, to: &bytes)
        bytes.append(contentsOf: params)
        JSONWriter.append(value, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}
