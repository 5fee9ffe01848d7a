import Glibc

/// The podman network of one run.
struct Bridge: Sendable {
    let name: String
    /// The network's first address, which is this machine's.
    let gateway: String
    /// The addresses of machines.
    let addresses: AddressPool

    /// Makes a network on the first of 256 small subnets that nothing here uses yet.
    static func make(_ run: RunName, _ podman: Podman) async throws -> Bridge {
        var complaint = ""
        let start = Int(ProcessIdentity.startTime(of: getpid()) ?? 0) % 256
        for step in 0..<256 {
            let base: UInt32 = 0x0AD5_0000 + UInt32((start + step) % 256) << 8
            if Routes.cover(base, length: 24) { continue }
            let (subnet, gateway) = (AddressPool.text(base), AddressPool.text(base + 1))
            do {
                try await podman.run([
                    "network", "create", "--driver", "bridge", "--subnet", "\(subnet)/24", "--gateway", gateway,
                    "--disable-dns", "--label", "\(RunName.label)=\(run.text)", run.text,
                ])
                return Bridge(name: run.text, gateway: gateway, addresses: AddressPool(first: base + 2, count: 253))
            } catch let error as SandboxError {
                // Another run may have taken the subnet in the meantime; a few tries tell that from a broken podman.
                complaint = error.description
                if step >= 8 { break }
            }
        }
        throw SandboxError("cannot find a free subnet in 10.213.0.0/16: \(complaint)")
    }
}

/// The machine's IPv4 routes.
enum Routes {
    /// Whether a route (not the default one) and a network have addresses in common.
    static func cover(_ network: UInt32, length: UInt32) -> Bool {
        let lines = (TextFile.read("/proc/net/route") ?? "").split(separator: "\n").dropFirst()
        return lines.contains { line in
            let fields = line.split(separator: "\t")
            guard fields.count > 7, let destination = number(fields[1]), let mask = number(fields[7]), mask != 0 else {
                return false
            }
            let common = mask & (UInt32.max << (32 - length))
            return destination & common == network & common
        }
    }

    /// The kernel prints addresses as little-endian hexadecimal numbers.
    private static func number(_ text: Substring) -> UInt32? { UInt32(text, radix: 16)?.byteSwapped }
}
