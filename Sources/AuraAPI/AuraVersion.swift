/// The version of the daemon and of the programs that come with it.
public enum AuraVersion {
    public static let text = "0.1.0"
}
