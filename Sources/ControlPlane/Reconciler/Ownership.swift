import AuraModel
import Storage

/// A resource at a provider, as a listing showed it.
struct Thing: Sendable, Hashable {
    var key: Sighting.Key
    /// The name of a server or key, or the host name of a device.
    var name: String
    /// The instance that its labels name; `nil` for a device.
    var instance: InstanceID?
    var isOn = false
    /// True if the resource is being deleted already.
    var isGoing = false
    /// The facts that an instance records of its machine.
    var server: ServerFacts?
}

/// Finds the owner of each resource, from the rows of instances and jobs.
struct Ownership: Sendable {
    enum Verdict: Sendable, Hashable {
        case owned
        case busy
        /// The instance does not record this machine, but the labels and the name are the instance's own.
        case unknown(Instance)
        case orphan(reason: String)
        case foreign
        /// It has neither our labels nor a name of our form.
        case notOurs
    }

    private let byID: [InstanceID: Instance]
    private let byName: [String: Instance]
    private let byNode: [String: Instance]
    private let busy: Set<InstanceID>
    private let unreadable: Set<InstanceID>
    /// Names that were ours, from rows of destroyed instances and from the labels of orphans.
    private let formerNames: Set<String>

    init(
        live: [Instance], busy: Set<InstanceID>, unreadable: Set<InstanceID> = [], formerNames: Set<String> = []
    ) {
        byID = Dictionary(uniqueKeysWithValues: live.map { ($0.id, $0) })
        byName = Dictionary(live.map { ($0.outsideName, $0) }) { first, _ in first }
        byNode = Dictionary(live.compactMap { row in row.tailnet.map { ($0.nodeId, row) } }) { first, _ in first }
        self.busy = busy
        self.unreadable = unreadable
        self.formerNames = formerNames
    }

    func judge(_ thing: Thing) -> Verdict {
        if thing.isGoing { return .busy }
        switch thing.key.kind {
        case .server: return labelled(thing) { $0.server?.id == thing.key.id }
        case .key: return labelled(thing) { $0.outsideName == thing.name }
        case .device: return device(thing)
        }
    }

    /// The live instance that the labels of a resource name.
    func owner(of thing: Thing) -> Instance? { thing.instance.flatMap { byID[$0] } }

    private func labelled(_ thing: Thing, isKnown: (Instance) -> Bool) -> Verdict {
        if let id = thing.instance, unreadable.contains(id) { return .busy }
        guard let id = thing.instance, let owner = byID[id] else {
            return .orphan(reason: "no instance of ours is \(thing.instance?.text ?? "named by its labels")")
        }
        if busy.contains(id) { return .busy }
        if owner.phase == .failed { return .orphan(reason: "the provision of \(owner.name) failed and was undone") }
        if isKnown(owner) { return .owned }
        guard thing.name == owner.outsideName else {
            return .orphan(reason: "\(owner.name) has another \(thing.key.kind.rawValue) by now")
        }
        return .unknown(owner)
    }

    /// A device has no labels, so its host name identifies the owner. A name is ours only if our rows or a labelled orphan have
    /// it.
    private func device(_ thing: Thing) -> Verdict {
        guard let name = OutsideName(thing.name) else { return .notOurs }
        if unreadable.contains(where: name.isOf) { return .busy }
        // An id that a row records outweighs the name: a machine's root user may choose its device's name.
        if let holder = byNode[thing.key.id], holder.outsideName != thing.name {
            return busy.contains(holder.id) ? .busy : .owned
        }
        if let owner = byName[thing.name] {
            if busy.contains(owner.id) { return .busy }
            if owner.phase == .failed { return .orphan(reason: "the provision of \(owner.name) failed and was undone") }
            if let known = owner.tailnet?.nodeId, known != thing.key.id {
                return .orphan(reason: "\(owner.name) is another device by now")
            }
            return .owned
        }
        if let owner = byID.values.first(where: { name.isEarlier(of: $0) }) {
            return busy.contains(owner.id) ? .busy : .orphan(reason: "\(owner.name) has a newer machine")
        }
        return formerNames.contains(thing.name) ? .orphan(reason: "its instance is gone") : .foreign
    }
}

/// A parsed name such as `aura-ada-9f86d081-g1`.
struct OutsideName {
    /// The name without its generation.
    let stem: Substring
    let generation: Int

    init?(_ text: String) {
        guard text.hasPrefix("aura-"), let mark = text.lastIndex(of: "-") else { return nil }
        let last = text[text.index(after: mark)...]
        guard last.hasPrefix("g"), let generation = Int(last.dropFirst()), generation > 0 else { return nil }
        let stem = text[..<mark]
        guard let hyphen = stem.lastIndex(of: "-") else { return nil }
        let digits = stem[stem.index(after: hyphen)...]
        guard digits.utf8.count == 8, digits.allSatisfy(\.isHexDigit) else { return nil }
        self.stem = stem
        self.generation = generation
    }

    /// Returns the outside name in a device's host name. Tailscale adds a number to a name that is taken; it is removed.
    static func text(in hostname: String) -> String? {
        if OutsideName(hostname) != nil { return hostname }
        guard let hyphen = hostname.lastIndex(of: "-") else { return nil }
        let suffix = hostname[hostname.index(after: hyphen)...].utf8
        guard !suffix.isEmpty, suffix.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let name = String(hostname[..<hyphen])
        return OutsideName(name) == nil ? nil : name
    }

    /// True if the stem ends with the last 8 digits of this id.
    func isOf(_ instance: InstanceID) -> Bool { stem.hasSuffix("-\(instance.text.suffix(8))") }

    func isEarlier(of instance: Instance) -> Bool {
        guard let present = OutsideName(instance.outsideName) else { return false }
        return present.stem == stem && generation < present.generation
    }
}
