public import AuraModel
public import Storage

/// An operation on one kind of instance: its definitions, and the rule that admits a call of it.
public struct Operation: Sendable {
    /// Decides whether the operation may begin, from the rows of the instance and its active jobs. A pure
    /// function.
    public typealias Admit = @Sendable (_ instance: Instance, _ active: [Job]) throws(StorageError) -> Admission

    /// The definition of new jobs.
    public var definition: JobDefinition
    /// Former versions whose jobs may be in flight.
    public var former: [JobDefinition]
    /// The rule for a call on an existing instance.
    public var admit: Admit

    /// Creates an operation.
    public init(_ definition: JobDefinition, former: [JobDefinition] = [], admit: @escaping Admit) {
        self.definition = definition
        self.former = former
        self.admit = admit
    }

    /// The name of the operation.
    public var kind: JobKind { definition.plan.kind }
    /// The kind of instance that the operation applies to.
    public var instanceKind: InstanceKind { definition.plan.instanceKind }
}

extension [Operation] {
    /// Returns the admission rule of a call of `kind` on an existing instance. The rule throws `phaseConflict` if there
    /// is no such operation for instances of that kind, for example because a newer daemon created the instance.
    public func admission(of kind: JobKind) -> Operation.Admit {
        { [self] instance, active throws(StorageError) in
            guard let operation = first(where: { $0.kind == kind && $0.instanceKind == instance.kind }) else {
                throw StorageError(
                    .phaseConflict,
                    "cannot \(kind.rawValue) \(instance.name), this aurad has no such operation for instances of the kind "
                        + "\(instance.kind): use the aurad that made it")
            }
            return try operation.admit(instance, active)
        }
    }
}

extension JobCatalogue {
    /// Creates the catalogue of all definitions of these operations. Each definition is fenced: before each call that
    /// leaves the process, the lease of the job is checked.
    public init(_ operations: [Operation]) {
        self.init(
            operations.map { $0.definition.fenced() }, former: operations.flatMap(\.former).map { $0.fenced() })
    }
}
