// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "provision",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "aura", path: "../../../..")],
    targets: [
        .executableTarget(name: "provision", dependencies: [.product(name: "AuraClient", package: "aura")])
    ]
)
