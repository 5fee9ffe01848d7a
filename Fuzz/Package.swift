// swift-tools-version: 6.2
import PackageDescription

// Fuzzes the codec and the framing with libFuzzer. A package of its own, so that nobody who builds Aura builds this;
// scripts/fuzz gives the flags that it is built with.
let package = Package(
    name: "aura-fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "aura", path: "..")],
    targets: [
        .target(name: "CJobs"),
        .executableTarget(
            name: "fuzz",
            dependencies: ["CJobs", .product(name: "AuraCodec", package: "aura")],
            swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]),
    ]
)
