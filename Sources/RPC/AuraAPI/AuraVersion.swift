/// The version of the daemon and of the other programs of the package.
public enum AuraVersion {
    /// The version as semantic version text.
    public static let text = "0.1.0"
}
