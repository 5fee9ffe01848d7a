// swift-tools-version: 6.2
import PackageDescription

// Each target is a layer and depends only on targets below it. ARCHITECTURE.md describes each of them. Tests/TidyTests checks
// that the core imports no adapters.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

func floor(_ name: String, path: String? = nil, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func suite(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func library(_ name: String, apt: String, pkgConfig: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let nioConcurrencyHelpers = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let orderedCollections = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

let package = Package(
    name: "aura",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "AuraClient", targets: ["AuraClient", "AuraAPI", "AuraModel", "JSON", "JSONRPC"]),
        // For Benchmarks/ and Fuzz/, which are separate packages.
        .library(name: "AuraCodec", targets: ["AuraAPI", "JSON", "JSONRPC", "JSONSchema"]),
        .library(
            name: "AuraEngine",
            targets: ["AuraModel", "Jobs", "JSON", "Locking", "Storage", "StoragePostgres", "StorageSQLite"]),
        .library(
            name: "AuraWire",
            targets: ["AuraAPI", "ControlPlane", "Gateway", "JSONRPC", "Loopback", "RPCTransport"]),
        .executable(name: "aurad", targets: ["aurad"]),
        .executable(name: "aura", targets: ["aura"]),
        .executable(name: "aura-sandbox", targets: ["aura-sandbox"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0",
            traits: [.defaults, "YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        // C libraries
        library("CCurl", apt: "libcurl4-openssl-dev", pkgConfig: "libcurl"),
        library("CPostgres", apt: "libpq-dev", pkgConfig: "libpq"),
        library("CSQLite", apt: "libsqlite3-dev", pkgConfig: "sqlite3"),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CDescriptors"),
        library("CJansson", apt: "libjansson-dev", pkgConfig: "jansson"),

        // Foundations
        floor("Locking", [nioConcurrencyHelpers]),
        floor("JSON", ["CJansson", orderedCollections]),
        floor("JSONSchema", ["JSON", orderedCollections]),
        floor("JSONRPC", ["JSON", "JSONSchema", "Locking"]),
        floor("HTTPClient", ["CCurl", "Locking"]),

        // The model and the wire's types
        floor("AuraModel", ["JSON", "Locking", heap]),
        floor("AuraAPI", ["AuraModel", "JSON", "JSONRPC", "JSONSchema"]),

        // Storage
        floor("Storage", ["AuraModel", "JSON", "Locking", logging]),
        floor("StorageSQLite", ["CSQLite", "Storage", "AuraModel", "JSON", "Locking", deque, grdb, logging]),
        floor("StoragePostgres", ["CPostgres", "Storage", "AuraModel", "JSON", "Locking", deque, logging]),

        // The engine
        floor("Jobs", ["Storage", "AuraModel", "JSON", "Locking", logging, serviceLifecycle]),

        // Drivers
        floor("DriverKit", path: "Sources/Drivers/DriverKit", ["AuraModel", "JSON"]),
        floor("DriverREST", path: "Sources/Drivers/REST", ["AuraModel", "DriverKit", "HTTPClient", "JSON", "Locking"]),
        floor(
            "ChildProcess", path: "Sources/Drivers/ChildProcess", ["AuraModel", "Locking", logging, subprocess, system]),
        floor(
            "HetznerDriver", path: "Sources/Drivers/Hetzner",
            ["DriverKit", "DriverREST", "AuraModel", "HTTPClient", "JSON", "Locking", logging]),
        floor(
            "TailscaleDriver", path: "Sources/Drivers/Tailscale",
            ["DriverKit", "DriverREST", "AuraModel", "HTTPClient", "JSON", "Locking", logging]),
        floor(
            "AnsibleDriver", path: "Sources/Drivers/Ansible",
            ["DriverKit", "ChildProcess", "SSHDriver", "AuraModel", "JSON", "Locking", logging]),
        floor(
            "SSHDriver", path: "Sources/Drivers/SSH",
            ["DriverKit", "ChildProcess", "AuraModel", "HTTPClient", "Locking", crypto, logging]),

        // The operations
        floor(
            "ControlPlane",
            [
                "AuraAPI", "AuraModel", "DriverKit", "JSON", "JSONRPC", "Jobs", "Locking", "Storage", deque, logging,
                serviceLifecycle,
            ]),

        // Transports and programs
        floor("Loopback", [nioCore]),
        floor(
            "RPCTransport",
            ["JSON", "JSONRPC", "Locking", "Loopback", nioCore, nioPosix, logging, serviceLifecycle]),
        floor(
            "Gateway",
            [
                "JSON", "JSONRPC", "Locking", "Loopback", hummingbird, hummingbirdCore, nioCore, nioHTTP1,
                nioWebSocket, nioHTTPTypes, nioHTTPTypesHTTP1, httpTypes, logging, serviceLifecycle,
            ]),
        floor("AuraClient", ["AuraAPI", "AuraModel", "JSON", "JSONRPC", "Locking", nioCore, nioPosix]),
        program(
            "aurad",
            [
                "AnsibleDriver", "AuraAPI", "AuraModel", "CDescriptors", "CMalloc", "ControlPlane", "DriverKit",
                "Gateway",
                "HTTPClient",
                "HetznerDriver", "JSON",
                "JSONRPC", "Jobs", "Locking", "Loopback", "RPCTransport", "SSHDriver", "Storage", "StoragePostgres",
                "StorageSQLite", "TailscaleDriver",
                argumentParser, configuration, crypto, logging, nioCore, nioPosix, serviceLifecycle, system,
                unixSignals, yams,
            ]),
        program("aura-codegen", ["JSON", "JSONSchema", argumentParser]),
        program(
            "aura",
            [
                "AuraAPI", "AuraClient", "AuraModel", "CDescriptors", "JSON", "JSONRPC", "Locking", argumentParser,
                nioCore,
            ]),
        program(
            "aura-sandbox",
            [
                "CDescriptors", "JSON", "Locking", argumentParser, crypto, hummingbird, logging, serviceLifecycle,
                subprocess, nioCore,
            ]),
        // The first example for users of AuraClient. It is also a package of its own in its directory.
        .executableTarget(
            name: "example-provision", dependencies: ["AuraClient"],
            path: "clients/swift/Examples/Provision/Sources/provision"),
        // Drives AuraClient for the conformance list of clients.
        .executableTarget(
            name: "client-adapter", dependencies: ["AuraClient", "AuraAPI", "AuraModel", "JSON", "JSONRPC", "Locking"],
            path: "Tests/Conformance/clients/adapters/swift", swiftSettings: strict),

        // Tests mirror Sources. Tests/EndToEnd drives the programs from outside and is not a Swift target.
        suite("JSONTests", ["JSON"]),
        suite("JSONSchemaTests", ["JSONSchema", "JSON"]),
        suite("JSONRPCTests", ["JSONRPC", "JSON", "JSONSchema"]),
        suite(
            "RPCTransportTests",
            [
                "AuraAPI", "AuraClient", "AuraModel", "Loopback", "RPCTransport", "JSONRPC", "JSON", "TestKit", nioCore,
                nioEmbedded, nioPosix, logging,
            ]),
        suite("GatewayTests", ["Gateway", nioCore, nioEmbedded, nioHTTP1]),
        .target(
            name: "HTTPDoubles", dependencies: ["HTTPClient", "Locking", nioCore, nioPosix], path: "Tests/HTTPDoubles",
            swiftSettings: strict),
        suite("HTTPClientTests", ["HTTPClient", "HTTPDoubles", "Locking"]),
        floor("TestKit", path: "Tests/TestKit", ["AuraModel", "JSON", "Locking", "Storage"]),
        floor(
            "Simulation", path: "Tests/Simulation/Simulator",
            [
                "AuraModel", "ControlPlane", "DriverKit", "JSON", "Jobs", "Locking", "Storage", "TestKit", logging,
                serviceLifecycle,
            ]),
        .executableTarget(
            name: "upgrade-daemon",
            dependencies: [
                "AuraModel", "JSON", "Jobs", "Locking", "Storage", "StoragePostgres", argumentParser, logging,
                serviceLifecycle, unixSignals,
            ], path: "Tests/Upgrade", swiftSettings: strict),
        .executableTarget(
            name: "aura-sim", dependencies: ["Simulation", argumentParser], path: "Tests/Simulation/aura-sim",
            swiftSettings: strict),
        .testTarget(
            name: "SimulationTests", dependencies: ["Simulation"], path: "Tests/Simulation/SimulationTests",
            swiftSettings: strict),
        suite("AuraModelTests", ["AuraModel", "JSON", "TestKit"]),
        suite(
            "StorageTests",
            ["Storage", "StoragePostgres", "StorageSQLite", "AuraModel", "JSON", "Locking", "TestKit", grdb, logging]),
        suite(
            "JobsTests",
            ["Jobs", "Storage", "StorageSQLite", "AuraModel", "JSON", "Locking", "TestKit", logging, serviceLifecycle]),
        suite(
            "DriverTests",
            [
                "HetznerDriver", "TailscaleDriver", "AnsibleDriver", "SSHDriver", "ChildProcess", "DriverKit",
                "DriverREST", "HTTPClient", "HTTPDoubles", "AuraModel", "JSON", "Locking", logging,
            ]),
        suite(
            "ControlPlaneTests",
            [
                "ControlPlane", "AuraAPI", "DriverKit", "Jobs", "JSONRPC", "Storage", "StorageSQLite", "AuraModel",
                "TestKit", "JSON", "JSONSchema",
                "Locking", logging,
            ]),
        suite("CommandLineTests", ["aura", "AuraAPI", "AuraClient", "AuraModel", "JSON"]),
        suite("TidyTests", []),
    ]
)
