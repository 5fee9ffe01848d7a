import AuraModel
import FeatureKit

/// The features of this daemon. A new feature needs a folder that assembles it, and its name in this list.
enum Features {
    static let all: [Feature] = [.trust, .agents]

    /// The kinds of instances of all features.
    static let kinds = InstanceKinds(all.flatMap(\.kinds))
}
