import AuraModel
import DriverKit
import JSON
import Jobs
import Storage

/// Decides which tailnet devices are an instance's, and deletes no other.
///
/// The OAuth client may delete every device of the tailnet. An id or a host name alone is therefore no proof: the
/// API's own record must carry Aura's tags. Every delete of an operation uses this type.
struct TailnetNodes {
    let network: any NetworkDriver

    /// The largest tolerated difference between the clocks of the daemon and the network.
    static let clockSlack = Duration.seconds(60)

    /// Returns the reason why the device cannot be the node of the instance's new machine, or `nil` if it can be.
    ///
    /// - Parameter mintedAt: the time at which the first enrolment key for the machine was created; `nil` means the
    ///   creation of the instance. An older device is refused.
    func objection(
        to device: NetworkDevice, _ context: StepContext, mintedAt: Timestamp?
    ) async throws -> String? {
        if let reason = Self.objection(
            to: device, named: context.instance.resourceName, tags: network.machineTags,
            notBefore: mintedAt ?? context.instance.createdAt)
        {
            return reason
        }
        if Set(device.tags) != network.machineTags { return "it has other tags beside ours" }
        return try await holder(of: device, context).map { "it is the node of instance \($0.id)" }
    }

    /// Deletes the devices that are the instance's. Keeps each other device, and raises an alert for it.
    ///
    /// Each device is read again right before its delete.
    func remove(_ devices: [NetworkDevice], _ context: StepContext) async throws {
        var strangers: [(device: NetworkDevice, reason: String)] = []
        for listed in devices {
            guard let device = try await network.device(nodeID: listed.nodeID) else { continue }
            if let reason = try await objectionToDelete(device, context) {
                strangers.append((device, reason))
            } else {
                try await network.deleteDevice(nodeID: device.nodeID)
            }
        }
        for (device, reason) in strangers {
            let name = PlainText.clean(device.hostname, limitBytes: 100)
            try await context.report(
                "tailnet device \(name) (\(device.nodeID)) is not \(context.instance.name)'s and stays: \(reason)",
                type: .alertRaised,
                data: ["code": "foreignDevice", "externalId": .string(device.nodeID), "hostname": .string(name)])
        }
    }

    private func objectionToDelete(_ device: NetworkDevice, _ context: StepContext) async throws -> String? {
        let instance = context.instance
        if let reason = Self.objection(
            to: device, named: instance.resourceName, tags: network.machineTags, notBefore: instance.createdAt)
        {
            return reason
        }
        return try await holder(of: device, context).map { "it is the node of instance \($0.id)" }
    }

    private func holder(of device: NetworkDevice, _ context: StepContext) async throws -> Instance? {
        try await context.otherInstance {
            $0.tailnet?.nodeId == device.nodeID
        } mayMatch: {
            $0.mayMention(device.nodeID)
        }
    }

    /// Returns the first objection of the rules that need no read of the store, or `nil`.
    static func objection(
        to device: NetworkDevice, named name: String, tags: Set<String>, notBefore: Timestamp
    ) -> String? {
        if device.isExternal { return "another tailnet shares it with this one" }
        if !device.carries(tags) { return "it does not have the tags \(tags.sorted().joined(separator: ", "))" }
        if !device.isNamed(name) { return "its host name is not \(name)" }
        guard let created = device.created else { return "the tailnet does not say when it joined" }
        if created + clockSlack < notBefore { return "it joined before there was a key for it" }
        return nil
    }
}
