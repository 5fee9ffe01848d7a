// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

/// A page of an export.
public struct AuditExportResult: Sendable, Hashable, Codable {
    /// Lines of JSON. The first line of the first page has `installation` and `floor`. Each further line is an entry
    /// with `seq`, `digest` and `hash`, and with `salt` and `body` unless its content was erased; `body` is the text
    /// that was hashed, and the others but `seq` are base64. The last line of the last page has the signed
    /// `checkpoint` if there is a key file.
    public var lines: [String]
    /// The value of `after` for the next page; absent on the last page.
    public var next: Int64?

    public init(lines: [String], next: Int64? = nil) {
        self.lines = lines
        self.next = next
    }
}
