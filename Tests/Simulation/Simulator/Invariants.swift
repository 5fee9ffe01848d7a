import Agents
import AuraModel
import DriverKit
import JSON
import Locking
import Storage
import TestKit

/// Rules that are checked at the moment of each effect or write.
extension World {
    /// Checks after a creation that no instance has two machines and that no name was used for a second machine.
    func checkMachines() {
        var owners: [String: String] = [:]
        for machine in cloud.machines {
            guard let owner = machine.server.labels["aura-instance"] else { continue }
            let other = owners.updateValue(machine.server.name, forKey: owner)
            check(other == nil, "instance \(owner) has two machines: \(other ?? "") and \(machine.server.name)")
        }
        let made = cloud.withState { $0.made }
        check(made.values.allSatisfy { $0 <= 1 }, "a machine was made again: \(made.filter { $0.value > 1 })")
    }

    /// Checks at the moment of an outside effect that the worker still has the job's lease and that the step's intent
    /// is written.
    func checkEffect(_ name: String, _ place: PresentStep.Place?, _ daemon: SimDaemon) {
        guard let place, let job = disk.job(place.job) else { return }
        check(
            job.epoch == place.epoch,
            "\(name) by d\(daemon.number), whose hold (\(place.epoch)) of job \(job.id) is over: it is at \(job.epoch)")
        let state = disk.steps(of: place.job).first { $0.name == place.step }?.state
        let isIntended = place.isUndo ? state == .undoing : state == .intent || state == .ambiguous
        check(
            isIntended,
            "\(name) happened while step \(place.step) of job \(job.id) was \(state?.rawValue ?? "not begun")")
    }

    /// Checks that a transition was written under the current epoch of its job.
    func checkWrite(of transition: Transition, _ daemon: SimDaemon, present: Int64?) {
        check(
            present == transition.job.epoch,
            "d\(daemon.number) wrote job \(transition.job.id) with its hold \(transition.job.epoch), which is at \(present ?? -1)"
        )
    }
}

extension World {
    /// True if the sweep has nothing left to settle: no orphan exists, and every lost machine is known to be lost.
    var isSwept: Bool {
        let live = disk.instances.filter { $0.phase != .destroyed && $0.phase != .failed }
        let known = Set(live.compactMap(\.server?.id))
        let present = Set(cloud.machines.map(\.server.id))
        let lost = live.filter { $0.server != nil && !present.contains($0.server?.id ?? "") }
        return present.isSubset(of: known) && lost.allSatisfy(\.isKnownLost)
    }
}

extension Instance {
    fileprivate var isKnownLost: Bool { failure?.code == "machineLost" }
}

/// Rules that must hold after the faults have stopped and all jobs have ended.
extension World {
    func checkEnd() {
        checkLedger()
        checkAudit()
        checkTrust()
        checkCloud()
    }

    /// Checks that the rows of identities and secrets are those to which the entries of the audit lead: each change and
    /// its entry are both there, or both missing. This holds at any time, so it is checked at each crash as well.
    func checkTrust() {
        let differences = disk.auditDifferences
        check(differences.isEmpty, differences.joined(separator: "; "))
    }

    /// Checks that the chain of the audit is whole, and that each job was submitted with one entry, whatever crashed.
    private func checkAudit() {
        var head = AuditHead.start(installation: disk.installationName)
        var accepted: [String: Int] = [:]
        for entry in disk.audit {
            guard let content = entry.content else { continue }
            check(head.append(content) == entry, "the audit's entry \(entry.seq) does not follow from the one before")
            guard let members = try? JSONValue(parsing: content.body).objectValue,
                members["outcome"] == .string(AuditDraft.Outcome.accepted)
            else { continue }
            accepted[members["parameters"]?.objectValue?["job"]?.stringValue ?? "", default: 0] += 1
        }
        for job in disk.jobs {
            check(accepted[job.id.text] == 1, "job \(job.id) has \(accepted[job.id.text] ?? 0) entries in the audit")
        }
    }

    private func checkLedger() {
        let events = disk.ledger
        check(
            events.map(\.seq) == Array(1...Int64(max(events.count, 1))).prefix(events.count).map { $0 },
            "the ledger has a gap")
        var phases: [InstanceID: Phase] = [:]
        var ends: [JobID: [EventType]] = [:]
        var progress: [JobID: Double] = [:]
        for event in events {
            if let id = event.entry.instance, let phase = event.entry.phase { phases[id] = phase }
            guard let job = event.entry.job else { continue }
            check(ends[job] == nil, "job \(job) speaks after its end: \(event.entry.type.rawValue)")
            if event.entry.type.endsJob { ends[job, default: []].append(event.entry.type) }
            if let new = event.entry.progress {
                check(new >= progress[job] ?? 0, "the progress of job \(job) falls to \(new)")
                progress[job] = new
            }
        }
        checkSteps()
        for job in disk.jobs {
            check(
                job.state.isTerminal,
                "job \(job.id) (\(job.kind.rawValue)) is \(job.state.rawValue) for ever: \(job.waitingFor ?? "")")
            check(
                ends[job.id] == [Self.end(job.state)],
                "the ledger says of job \(job.id) \(ends[job.id] ?? []), its row \(job.state.rawValue)")
        }
        for instance in disk.instances {
            check(
                phases[instance.id] == instance.phase,
                "the ledger leaves \(instance.name) \(phases[instance.id]?.rawValue ?? "nowhere"), its row says \(instance.phase.rawValue)"
            )
        }
    }

    /// Checks that every job began only the steps of its own definition, in order.
    private func checkSteps() {
        var begun: [JobID: [String]] = [:]
        for event in disk.ledger where event.entry.type == .stepStarted {
            if let job = event.entry.job, let step = event.entry.step { begun[job, default: []].append(step) }
        }
        for job in disk.jobs {
            let (names, plan) = (begun[job.id] ?? [], steps(of: job.definition))
            check(
                names == Array(plan.prefix(names.count)),
                "job \(job.id) of \(job.definition) began \(names), and its steps are \(plan)")
        }
    }

    private static func end(_ state: JobState) -> EventType {
        switch state {
        case .succeeded: .jobSucceeded
        case .cancelled: .jobCancelled
        default: .jobFailed
        }
    }

    /// Checks that each resource in the cloud has its row, and each row its resource.
    private func checkCloud() {
        let live = disk.instances.filter { $0.phase != .destroyed && $0.phase != .failed }
        let known = Set(live.filter { !$0.isKnownLost }.compactMap(\.server?.id))
        let present = Set(cloud.machines.map(\.server.id))
        check(present.subtracting(known).isEmpty, "machines that nobody knows: \(present.subtracting(known).sorted())")
        check(known.subtracting(present).isEmpty, "machines that do not exist: \(known.subtracting(present).sorted())")
        let names = Set(live.map(\.resourceName))
        let keys = Set(cloud.keys.map(\.name))
        check(keys.isSubset(of: names), "keys that nobody owns: \(keys.subtracting(names).sorted())")
        let devices = Set(cloud.devices.map(\.nodeID))
        let nodes = Set(live.compactMap(\.tailnet?.nodeId))
        check(devices.isSubset(of: nodes), "devices that nobody knows: \(devices.subtracting(nodes).sorted())")
        let secrets = Set(credentials.withLock { $0.keys.map { $0 } })
        check(secrets.isSubset(of: names), "credentials of nobody: \(secrets.subtracting(names).sorted())")
        for instance in live where instance.phase == .running {
            let machine = cloud.machines.first { $0.server.id == instance.server?.id }
            check(
                machine?.server.status == .running && machine?.isConfigured == true,
                "\(instance.name) is running, and its machine is \(machine?.server.status.rawValue ?? "nowhere")")
        }
    }
}
