// Generated from rpc-schema/ by aura-codegen: change the schema, and run `make generate`.

public import AuraModel

extension Open where Known == Colour {
    /// The note is urgent.
    public static var red: Self { Self(.red) }
    /// The note is <calm> & "kept".
    public static var deepBlue: Self { Self(.deepBlue) }
    /// The note has no colour of its own.
    public static var `default`: Self { Self(.`default`) }
}
