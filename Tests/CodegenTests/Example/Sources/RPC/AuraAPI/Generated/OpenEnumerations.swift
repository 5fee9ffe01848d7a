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

extension Open where Known == Order {
    /// The oldest note first.
    public static var oldest: Self { Self(.oldest) }
    /// The order in which the notes came in, which is a keyword in several languages: this meaning is long enough for
    /// two lines of a comment.
    public static var `in`: Self { Self(.`in`) }
}
