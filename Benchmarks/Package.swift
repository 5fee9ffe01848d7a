// swift-tools-version: 6.2
import PackageDescription

// Measures Aura and its limits side by side. A separate package, so that a build of Aura does not build it.
let package = Package(
    name: "aura-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "aura", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .executableTarget(
            name: "bench-jobs",
            dependencies: [
                .product(name: "AuraEngine", package: "aura"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]),
        .executableTarget(
            name: "bench-calls",
            dependencies: [
                .product(name: "AuraEngine", package: "aura"),
                .product(name: "AuraWire", package: "aura"),
                .product(name: "AuraAgents", package: "aura"),
                .product(name: "AuraTrust", package: "aura"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]),
        .executableTarget(
            name: "bench-trust",
            dependencies: [
                .product(name: "AuraEngine", package: "aura"),
                .product(name: "AuraIdentity", package: "aura"),
                .product(name: "AuraTrust", package: "aura"),
                .product(name: "AuraWire", package: "aura"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]),
        .executableTarget(
            name: "bench-rpc",
            dependencies: [
                .product(name: "AuraEngine", package: "aura"),
                .product(name: "AuraWire", package: "aura"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]),
    ]
)
