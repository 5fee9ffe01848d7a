public import ArgumentParser
public import AuraModel

extension Identifier: ExpressibleByArgument {
    /// Accepts any text. The daemon checks it.
    public init?(argument: String) {
        self.init(argument)
    }
}

extension SecretClass: ExpressibleByArgument {}
