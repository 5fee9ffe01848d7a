// swift-tools-version: 6.2
import PackageDescription

// Fuzzes the codec, the framing and the formats of trust with libFuzzer. A separate package, so that a build of Aura does not build it. scripts/fuzz
// passes the compiler flags.
let package = Package(
    name: "aura-fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "aura", path: "..")],
    targets: [
        .target(name: "CJobs"),
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "CJobs", .product(name: "AuraCodec", package: "aura"), .product(name: "AuraTrust", package: "aura"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]),
    ]
)
