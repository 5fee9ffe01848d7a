import AuraModel
import Storage

extension InstanceReference {
    /// An id (a UUID) or a name, as the schema lets either through.
    init(_ text: String, tenant: TenantID) {
        let isID = text.utf8.count == 36 && text.allSatisfy { $0.isHexDigit || $0 == "-" }
        self = isID ? .id(InstanceID(text)) : .name(text, tenant: tenant)
    }
}
