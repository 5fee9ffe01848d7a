import Glibc

/// A Unix socket whose queue of new connections is full: a further connection gets `EAGAIN`.
final class FullQueue: Sendable {
    private let descriptors: [CInt]

    struct Unavailable: Error { var code: CInt }

    init(_ path: String) throws {
        let listener = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        func withAddress(_ call: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        guard withAddress({ bind(listener, $0, $1) }) == 0, listen(listener, 0) == 0 else {
            throw Unavailable(code: errno)
        }
        var descriptors = [listener]
        while true {
            let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
            let client = socket(AF_UNIX, kind, 0)
            descriptors.append(client)
            guard withAddress({ connect(client, $0, $1) }) != 0 else { continue }
            guard errno == EAGAIN else { throw Unavailable(code: errno) }
            break
        }
        self.descriptors = descriptors
    }

    func close() {
        for descriptor in descriptors { _ = Glibc.close(descriptor) }
    }
}
