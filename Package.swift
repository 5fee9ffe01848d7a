// swift-tools-version: 6.2
import PackageDescription

// The folders of Sources are layers, from bottom to top: Base, Engine, RPC, Drivers, Features, Programs. A target depends only
// on targets of its own layer and of lower ones; Drivers and RPC do not know each other. Tests/TidyTests checks this.
// ARCHITECTURE.md describes each target.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

func target(_ path: String, name: String? = nil, _ dependencies: [Target.Dependency]) -> Target {
    let last = String(path.split(separator: "/").last ?? "")
    return .target(
        name: name ?? last, dependencies: dependencies, path: path.hasPrefix("Tests/") ? path : "Sources/\(path)",
        swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "Sources/Programs/\(name)", resources: resources,
        swiftSettings: strict)
}

func suite(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource]? = nil
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: strict)
}

func library(_ name: String, apt: String, pkgConfig: String) -> Target {
    .systemLibrary(name: name, path: "Sources/Base/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
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
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
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
            targets: ["AuraAPI", "EventStream", "Gateway", "JSONRPC", "Loopback", "RPCTransport"]),
        .library(name: "AuraTrust", targets: ["Audit", "Signatures", "Storage", "Tokens", "Vault", "VaultKeys"]),
        .library(name: "AuraIdentity", targets: ["FeatureKit", "Identity"]),
        .library(name: "AuraAgents", targets: ["Agents", "Reconciliation", "RPCService"]),
        .executable(name: "aurad", targets: ["aurad"]),
        .executable(name: "aura", targets: ["aura"]),
        .executable(name: "aura-sandbox", targets: ["aura-sandbox"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0",
            traits: [.defaults, "YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        // Base: C libraries and values
        library("CCurl", apt: "libcurl4-openssl-dev", pkgConfig: "libcurl"),
        library("CPostgres", apt: "libpq-dev", pkgConfig: "libpq"),
        library("CSQLite", apt: "libsqlite3-dev", pkgConfig: "sqlite3"),
        library("CJansson", apt: "libjansson-dev", pkgConfig: "jansson"),
        .systemLibrary(name: "CMalloc", path: "Sources/Base/CMalloc"),
        .systemLibrary(name: "CDescriptors", path: "Sources/Base/CDescriptors"),
        .systemLibrary(name: "CLandlock", path: "Sources/Base/CLandlock"),
        target("Base/Encoding", []),
        target("Base/Signatures", ["Encoding", crypto]),
        target("Base/Locking", [nioConcurrencyHelpers]),
        target("Base/JSON", ["CJansson", orderedCollections]),
        target("Base/JSONSchema", ["JSON", orderedCollections]),
        target("Base/HTTPClient", ["CCurl", "Encoding", "Locking"]),

        // Engine: the rows, and the components that act on them
        target("Engine/AuraModel", ["JSON", "Locking", heap]),
        target("Engine/Storage", ["AuraModel", "Encoding", "JSON", "Locking", crypto, deque, logging]),
        target("Engine/StorageSQLite", ["CSQLite", "Storage", "AuraModel", "JSON", "Locking", grdb, logging]),
        target("Engine/StoragePostgres", ["CPostgres", "Storage", "AuraModel", "JSON", "Locking", logging]),
        target("Engine/Jobs", ["Storage", "AuraModel", "JSON", "Locking", logging, serviceLifecycle]),
        target(
            "Engine/Reconciliation", ["Storage", "AuraModel", "JSON", "Locking", logging, serviceLifecycle]),

        // RPC: the wire, and the methods of every daemon
        target("RPC/JSONRPC", ["AuraModel", "Encoding", "JSON", "JSONSchema", "Locking"]),
        target("RPC/AuraAPI", ["AuraModel", "JSON", "JSONRPC", "JSONSchema"]),
        target("RPC/Loopback", [nioCore]),
        target(
            "RPC/TLS",
            [
                "AuraModel", "JSONRPC", "Locking", asn1, crypto, logging, nioCore, nioSSL, nioTLS, serviceLifecycle,
                x509,
            ]),
        target(
            "RPC/RPCTransport",
            ["JSONRPC", "Locking", "Loopback", "TLS", nioCore, nioPosix, logging, serviceLifecycle]),
        target(
            "RPC/Gateway",
            [
                "AuraAPI", "JSONRPC", "Locking", "Loopback", "Signatures", "TLS", hummingbird, hummingbirdCore, nioCore,
                nioHTTP1, nioWebSocket, nioHTTPTypes, nioHTTPTypesHTTP1, httpTypes, logging, serviceLifecycle,
            ]),
        target(
            "RPC/EventStream",
            ["AuraAPI", "AuraModel", "JSON", "JSONRPC", "Locking", "Storage", deque, logging, serviceLifecycle]),
        target(
            "RPC/RPCService",
            [
                "AuraAPI", "AuraModel", "EventStream", "JSON", "JSONRPC", "Jobs", "Reconciliation", "Storage",
            ]),
        target("RPC/AuraClient", ["AuraAPI", "AuraModel", "JSON", "JSONRPC", "Locking", "TLS", nioCore, nioPosix]),

        // Drivers: one target per external system
        target("Drivers/DriverKit", ["AuraModel", "JSON"]),
        target(
            "Drivers/REST", name: "DriverREST",
            ["DriverKit", "AuraModel", "HTTPClient", "JSON", "Locking", logging]),
        target("Drivers/ChildProcess", ["AuraModel", "CLandlock", "Locking", logging, subprocess, system]),
        target("Drivers/CredentialFiles", ["AuraModel", "DriverKit"]),
        target(
            "Drivers/Hetzner", name: "HetznerDriver",
            ["DriverKit", "DriverREST", "AuraModel", "HTTPClient", "JSON", "Locking", logging]),
        target(
            "Drivers/Tailscale", name: "TailscaleDriver",
            ["DriverKit", "DriverREST", "AuraModel", "HTTPClient", "JSON", logging]),
        target(
            "Drivers/Stripe", name: "StripeDriver",
            ["DriverKit", "DriverREST", "AuraModel", "HTTPClient", "JSON", logging]),
        target(
            "Drivers/Ansible", name: "AnsibleDriver",
            ["DriverKit", "ChildProcess", "SSHDriver", "AuraModel", "JSON", "Locking", logging]),
        target(
            "Drivers/SSH", name: "SSHDriver",
            ["DriverKit", "ChildProcess", "AuraModel", "HTTPClient", crypto, logging]),

        // Features: each is a value in the list of aurad
        target(
            "Features/FeatureKit",
            [
                "AuraModel", "DriverKit", "Gateway", "HTTPClient", "JSONRPC", "Jobs", "RPCService", "Reconciliation",
                "Storage", configuration, logging, serviceLifecycle, system, yams,
            ]),
        target(
            "Features/Agents",
            [
                "AuraAPI", "AuraModel", "DriverKit", "EventStream", "FeatureKit", "JSON", "JSONRPC", "Jobs", "Locking",
                "RPCService", "Reconciliation", "Storage", logging, serviceLifecycle,
            ]),
        target("Features/Tokens", ["Encoding", crypto]),
        target(
            "Features/Identity",
            [
                "AuraAPI", "AuraModel", "Encoding", "EventStream", "FeatureKit", "JSON", "JSONRPC", "Locking",
                "Storage",
                "TLS", "Tokens", crypto, logging, serviceLifecycle,
            ]),
        target("Features/PKI", ["Encoding", "TLS", asn1, crypto, x509]),
        target("Features/Billing", ["AuraModel", "DriverKit"]),
        target("Features/VaultKeys", ["Encoding", crypto]),
        target(
            "Features/Vault",
            [
                "AuraAPI", "AuraModel", "EventStream", "FeatureKit", "JSONRPC", "Locking", "Storage", "VaultKeys",
                crypto, logging, serviceLifecycle,
            ]),
        target(
            "Features/Audit",
            [
                "AuraAPI", "AuraModel", "Encoding", "EventStream", "FeatureKit", "JSON", "JSONRPC", "Locking",
                "Storage", crypto, logging, serviceLifecycle,
            ]),

        // Programs
        program(
            "aurad",
            [
                "Agents", "AnsibleDriver", "Audit", "AuraAPI", "AuraModel", "CDescriptors", "CMalloc", "ChildProcess",
                "CredentialFiles", "DriverKit", "EventStream", "FeatureKit", "Gateway", "HTTPClient", "HetznerDriver",
                "Identity", "JSON", "JSONRPC", "Jobs", "Locking", "Loopback", "RPCService", "RPCTransport",
                "Reconciliation", "SSHDriver", "Storage", "StoragePostgres", "StorageSQLite", "TLS",
                "TailscaleDriver", "Tokens", "Vault", "VaultKeys",
                argumentParser, crypto, logging, nioCore, nioPosix, serviceLifecycle, unixSignals,
            ]),
        program(
            "aura-codegen", ["JSON", "JSONSchema", argumentParser, mustache], resources: [.copy("Templates")]),
        program(
            "aura",
            [
                "AuraAPI", "AuraClient", "AuraModel", "CDescriptors", "JSON", "JSONRPC", "Locking", "PKI", "TLS",
                "Tokens", "VaultKeys", argumentParser, nioCore,
            ]),
        program(
            "aura-sandbox",
            [
                "CDescriptors", "HTTPClient", "JSON", "Locking", argumentParser, crypto, heap, httpTypes, hummingbird,
                hummingbirdCore, logging, nioCore, nioPosix, serviceLifecycle, subprocess, unixSignals, yams,
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
        suite("JSONRPCTests", ["AuraModel", "JSONRPC", "JSON", "JSONSchema", "TestKit"]),
        suite(
            "RPCTransportTests",
            [
                "AuraAPI", "AuraClient", "AuraModel", "Loopback", "RPCTransport", "JSONRPC", "JSON", "TestKit", nioCore,
                nioEmbedded, nioPosix, logging, serviceLifecycle,
            ]),
        suite(
            "GatewayTests",
            [
                "AuraAPI", "Gateway", "HTTPClient", "JSONRPC", "Locking", "Loopback", "Signatures", "TestKit",
                httpTypes, logging, nioCore, nioEmbedded, nioHTTP1, nioPosix, serviceLifecycle,
            ]),
        .target(
            name: "HTTPDoubles", dependencies: ["HTTPClient", "Locking", nioCore, nioPosix], path: "Tests/HTTPDoubles",
            swiftSettings: strict),
        suite("EncodingTests", ["Encoding"]),
        suite("SignaturesTests", ["Signatures"], exclude: ["judge.py"]),
        suite("HTTPClientTests", ["Encoding", "HTTPClient", "HTTPDoubles", "Locking"]),
        target("Tests/TestKit", ["AuraModel", "JSON", "JSONRPC", "Locking", "Storage", logging, serviceLifecycle]),
        target(
            "Tests/Simulation/Simulator", name: "Simulation",
            [
                "Agents", "AuraModel", "DriverKit", "JSON", "Jobs", "Locking", "Reconciliation", "Storage", "TestKit",
                "Vault", "VaultKeys", logging, serviceLifecycle,
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
        suite("AuraModelTests", ["AuraModel", "JSON", "Locking", "TestKit"]),
        suite(
            "StorageTests",
            [
                "Audit", "CSQLite", "Storage", "StoragePostgres", "StorageSQLite", "AuraModel", "JSON", "Locking",
                "TestKit", "Vault", "VaultKeys", grdb, logging,
            ]),
        suite(
            "JobsTests",
            ["Jobs", "Storage", "StorageSQLite", "AuraModel", "JSON", "Locking", "TestKit", logging, serviceLifecycle]),
        suite(
            "DriverTests",
            [
                "aurad", "HetznerDriver", "TailscaleDriver", "StripeDriver", "AnsibleDriver", "SSHDriver",
                "ChildProcess", "CredentialFiles", "DriverKit", "DriverREST", "HTTPClient", "HTTPDoubles", "AuraModel",
                "JSON",
                "Locking", "TestKit", logging,
            ]),
        suite(
            "EventStreamTests",
            [
                "EventStream", "AuraAPI", "AuraModel", "JSON", "JSONRPC", "Locking", "Storage", "TestKit", logging,
                serviceLifecycle,
            ]),
        suite("ReconciliationTests", ["Agents", "AuraModel", "JSON", "Reconciliation", "Storage", "TestKit", logging]),
        suite(
            "RPCServiceTests",
            [
                "RPCService", "AuraAPI", "AuraClient", "AuraModel", "EventStream", "JSON", "JSONRPC", "JSONSchema",
                "Jobs", "Locking", "Reconciliation", "RPCTransport", "Storage", "StorageSQLite", "TestKit", logging,
                nioCore, nioPosix,
            ]),
        suite(
            "AgentsTests",
            [
                "Agents", "AuraAPI", "AuraModel", "DriverKit", "Jobs", "JSON", "Locking", "Reconciliation", "Storage",
                "TestKit", "Vault", "VaultKeys", logging,
            ]),
        suite("FeatureKitTests", ["FeatureKit"]),
        suite(
            "AuradTests",
            [
                "aurad", "AuraModel", "DriverKit", "FeatureKit", "Locking", "Storage", "TLS", "TestKit", configuration,
                logging,
            ]),
        target("Tests/TokenMutations", []),
        .executableTarget(
            name: "prove-tokens", dependencies: ["TokenMutations", "Tokens", argumentParser],
            path: "Tests/TokenProof", swiftSettings: strict),
        suite(
            "IdentityTests",
            [
                "AuraAPI", "AuraModel", "Identity", "JSON", "JSONRPC", "Locking", "Storage", "TestKit", "Tokens",
                logging,
            ]),
        suite("PKITests", ["JSONRPC", "PKI", "TLS", "TestKit", asn1, x509]),
        suite(
            "TLSTests",
            [
                "AuraClient", "AuraModel", "Gateway", "JSON", "JSONRPC", "Locking", "Loopback", "RPCTransport", "TLS",
                "TestKit", asn1, crypto, logging, nioCore, nioPosix, nioSSL, serviceLifecycle, x509,
            ]),
        suite("BillingTests", ["AuraModel", "Billing", "DriverKit", "TestKit"]),
        suite("TokensTests", ["TokenMutations", "Tokens", crypto]),
        suite(
            "VaultTests",
            [
                "AuraAPI", "AuraModel", "FeatureKit", "JSON", "JSONRPC", "Locking", "Storage", "TestKit", "Vault",
                "VaultKeys", crypto, logging,
            ]),
        suite(
            "AuditTests",
            [
                "Agents", "Audit", "AuraAPI", "AuraModel", "Encoding", "EventStream", "FeatureKit", "Identity", "JSON",
                "JSONRPC", "Jobs", "Locking", "RPCService", "Reconciliation", "Storage", "TestKit", "Tokens", "Vault",
                "VaultKeys", logging,
            ]),
        suite("CommandLineTests", ["aura", "AuraAPI", "AuraClient", "AuraModel"]),
        suite("CodegenTests", ["aura-codegen", mustache], resources: [.copy("Example")]),
        suite("TidyTests", []),
    ]
)
