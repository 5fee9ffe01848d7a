import FoundationEssentials
import Glibc

/// The podman network of one run.
struct Bridge: Sendable {
    let name: String
    /// The first address of the network, which belongs to this machine.
    let gateway: String
    /// The addresses for machines.
    let addresses: AddressPool

    /// Creates a network on one of 256 /24 subnets that no route covers.
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
                // Another run may have taken the subnet meanwhile. Repeated failures mean that podman itself does not
                // work.
                complaint = error.description
                if step >= 8 { break }
            }
        }
        throw SandboxError("cannot find a free subnet in 10.213.0.0/16: \(complaint)")
    }
}

/// The IPv4 routes of this machine.
enum Routes {
    /// True if a route other than the default route shares addresses with the network.
    static func cover(_ network: UInt32, length: UInt32) -> Bool {
        let table = (try? String(contentsOfFile: "/proc/net/route", encoding: .utf8)) ?? ""
        return table.split(separator: "\n").dropFirst().contains { line in
            let fields = line.split(separator: "\t")
            guard fields.count > 7, let destination = number(fields[1]), let mask = number(fields[7]), mask != 0 else {
                return false
            }
            let common = mask & (UInt32.max << (32 - length))
            return destination & common == network & common
        }
    }

    /// Parses an address. The kernel prints addresses as little-endian hexadecimal numbers.
    private static func number(_ text: Substring) -> UInt32? { UInt32(text, radix: 16)?.byteSwapped }
}
