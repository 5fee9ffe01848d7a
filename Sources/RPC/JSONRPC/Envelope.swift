internal import JSON

/// Checks the members of a parsed request.
enum Envelope {
    /// Returns the request in the object `value`, with its ids as written in `ids`.
    ///
    /// `outOfRange` is the path of a parameter that is a number out of range.
    static func item(_ value: JSONValue, _ ids: EnvelopeIDs, outOfRange: String? = nil) -> Item {
        guard !ids.isTooLong else { return refuse(.null, "the id has more than \(RPCID.longestBytes) bytes") }
        let id: RPCID?
        switch value["id"] {
        case nil: id = nil
        case .string, .integer, .double, .null: id = ids.own
        case .bool, .array, .object: return refuse(.null, "the id is a string, a number or null")
        }
        guard value["jsonrpc"] == "2.0" else {
            return refuse(id, "the member jsonrpc must be the string \"2.0\"")
        }
        guard case .string(let method) = value["method"] else {
            let answers = value["result"] != nil || value["error"] != nil
            return refuse(id, answers ? "nothing was asked on this connection" : "the member method must be a string")
        }
        switch value["params"] {
        case nil, .array, .object:
            return .request(
                Request(
                    id: id, method: method, params: value["params"], cancels: ids.cancelled, outOfRange: outOfRange))
        case .null, .bool, .integer, .double, .string: return refuse(id, "params must be an object or an array")
        }
    }

    private static func refuse(_ id: RPCID?, _ why: String) -> Item {
        .invalid(id ?? .null, RPCError(.invalidRequest, "cannot read a request, \(why)"))
    }
}
