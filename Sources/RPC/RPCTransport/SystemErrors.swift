#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The system's `EADDRINUSE`, for files that do not import the C library.
let addressInUse: CInt = EADDRINUSE
