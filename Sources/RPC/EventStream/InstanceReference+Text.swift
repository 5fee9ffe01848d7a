import AuraAPI
package import AuraModel
import JSON
import JSONRPC
package import Storage

extension InstanceReference {
    /// Creates a reference by id if the text is a UUID, in upper or lower case, and otherwise by name.
    ///
    /// A text with the form of an id may also be a name: see ``name(shapedAsID:tenant:)``.
    package init(_ text: String, tenant: TenantID) {
        self = InstanceID(text).isUUID ? .id(InstanceID(text).inLowerCase) : .name(text, tenant: tenant)
    }

    /// Returns `text` as a name, for a second search if no instance has it as its id. Returns `nil` if the text is not
    /// both a UUID and a valid name.
    package static func name(shapedAsID text: String, tenant: TenantID) -> InstanceReference? {
        guard InstanceID(text).isUUID, text.first?.isLetter == true, text == text.lowercased() else { return nil }
        return .name(text, tenant: tenant)
    }
}

extension Identifier {
    /// True if the text is a UUID: 36 characters, hexadecimal digits in groups of 8, 4, 4, 4 and 12.
    package var isUUID: Bool {
        guard text.utf8.count == 36 else { return false }
        for (index, byte) in text.utf8.enumerated() {
            switch index {
            case 8, 13, 18, 23: guard byte == UInt8(ascii: "-") else { return false }
            default: guard byte.isHexDigit else { return false }
            }
        }
        return true
    }

    /// The id in lower case. The daemon generates ids in lower case; callers may write them in either.
    package var inLowerCase: Self { isUUID ? Self(text.lowercased()) : self }

    /// Returns the id in lower case, as the cursor of a page. Throws `invalidParams` if the text is not a UUID.
    package func asCursor() throws -> Self {
        guard isUUID else {
            let reason = "expected the next of the page before, an id"
            throw RPCError(
                .invalidParams, "cannot list, params.after: \(reason)",
                data: ["path": "params.after", "reason": .string(reason)])
        }
        return inLowerCase
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}

extension InstanceStore {
    /// Returns the instance of the scope with this id or name, if it is one of `only`. Throws `instanceNotFound`.
    package func find(
        _ text: String, tenant: TenantID?, in scope: TenantScope, only: Set<InstanceID>? = nil
    ) async throws -> Instance {
        let search = InstanceSearch(text, tenant: tenant, in: scope, only: only)
        for reference in search.references {
            if let found = try await instance(reference, in: scope), search.isMeant(found) { return found }
        }
        throw search.failure
    }

    /// Returns the activity of the instance of the scope with this id or name, if it is one of `only`. Throws
    /// `instanceNotFound`.
    package func findActivity(
        _ text: String, tenant: TenantID?, in scope: TenantScope, only: Set<InstanceID>? = nil
    ) async throws -> InstanceActivity {
        let search = InstanceSearch(text, tenant: tenant, in: scope, only: only)
        for reference in search.references {
            if let found = try await activity(of: reference, in: scope), search.isMeant(found.instance) { return found }
        }
        throw search.failure
    }

    /// Does the same as ``findActivity(_:tenant:in:only:)`` without waiting. Returns `nil` if it would have to wait.
    package func findActivityAtOnce(
        _ text: String, tenant: TenantID?, in scope: TenantScope, only: Set<InstanceID>? = nil
    ) throws -> InstanceActivity? {
        let search = InstanceSearch(text, tenant: tenant, in: scope, only: only)
        for reference in search.references {
            guard case .read(let found) = try activityAtOnce(of: reference, in: scope) else { return nil }
            if let found, search.isMeant(found.instance) { return found }
        }
        throw search.failure
    }
}

/// The search for the instance that a caller means by an id or a name.
private struct InstanceSearch {
    let text: String
    let tenant: TenantID
    /// True if the caller named the tenant. An id of another tenant is then not found.
    let isNamed: Bool
    let only: Set<InstanceID>?

    init(_ text: String, tenant: TenantID?, in scope: TenantScope, only: Set<InstanceID>?) {
        self.text = text
        self.tenant = tenant ?? scope.usualTenant
        isNamed = tenant != nil
        self.only = only
    }

    /// The references to read, in this order, until one finds the instance.
    var references: [InstanceReference] {
        let first = InstanceReference(text, tenant: tenant)
        guard let named = InstanceReference.name(shapedAsID: text, tenant: tenant) else { return [first] }
        return [first, named]
    }

    func isMeant(_ instance: Instance) -> Bool {
        (!isNamed || instance.tenant == tenant) && (only?.contains(instance.id) ?? true)
    }

    var failure: RPCError {
        RPCError(.instanceNotFound, "no instance is \(text): status.list shows those that exist")
    }
}
