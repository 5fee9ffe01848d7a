import Foundation

/// The test's own words among the runner's.
enum Console {
    static func say(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
