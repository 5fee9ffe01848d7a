import AuraModel
import Storage

/// Something in the outside world, as a listing showed it.
struct Thing: Sendable, Hashable {
    var key: Sighting.Key
    /// A server's or key's name, a device's host name.
    var name: String
    /// The instance that its labels name; devices have none.
    var instance: InstanceID?
    var isOn = false
    /// It is on its way out already.
    var isGoing = false
    /// What an instance writes down of its machine.
    var server: ServerFacts?
}

/// Who owns what: the rows, put so that each thing finds its owner.
struct Ownership: Sendable {
    enum Verdict: Sendable, Hashable {
        case owned
        case busy
        /// The instance has no machine written down, and this is it.
        case unknown(Instance)
        case orphan(reason: String)
        case foreign
        /// It has neither our labels nor our kind of name.
        case notOurs
    }

    private let byID: [InstanceID: Instance]
    private let byName: [String: Instance]
    private let byNode: [String: Instance]
    private let busy: Set<InstanceID>
    private let unreadable: Set<InstanceID>
    /// Names that were ours, as rows of destroyed instances or labels of orphans say.
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

    /// The instance that the labels of a thing name.
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

    /// A device has no labels: its host name says whose it is, and only names that our rows know are ours.
    private func device(_ thing: Thing) -> Verdict {
        guard let name = OutsideName(thing.name) else { return .notOurs }
        if unreadable.contains(where: name.isOf) { return .busy }
        // An id that a row has written down outweighs the name: a machine's root user may choose its device's name.
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

/// A name such as `aura-ada-9f86d081-g1`, taken apart.
struct OutsideName {
    /// All but the generation.
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

    /// The outside name that a device's host name holds, without the number that Tailscale adds to a name that is taken.
    static func text(in hostname: String) -> String? {
        if OutsideName(hostname) != nil { return hostname }
        guard let hyphen = hostname.lastIndex(of: "-") else { return nil }
        let suffix = hostname[hostname.index(after: hyphen)...].utf8
        guard !suffix.isEmpty, suffix.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let name = String(hostname[..<hyphen])
        return OutsideName(name) == nil ? nil : name
    }

    /// Whether it ends, before its generation, with the last digits of this id.
    func isOf(_ instance: InstanceID) -> Bool { stem.hasSuffix("-\(instance.text.suffix(8))") }

    func isEarlier(of instance: Instance) -> Bool {
        guard let present = OutsideName(instance.outsideName) else { return false }
        return present.stem == stem && generation < present.generation
    }
}
