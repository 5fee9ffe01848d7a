/// An input's last bytes control the processing of the bytes before them, so that the streams in the corpus stay
/// readable.
///
/// The high half of the very last byte is a choice. Its low half is the number of control bytes before it.
struct Plan: CustomStringConvertible {
    let stream: ArraySlice<UInt8>
    let controls: ArraySlice<UInt8>
    let choice: UInt8

    init(_ bytes: [UInt8]) {
        let last = bytes.last ?? 0
        let rest = bytes.dropLast()
        choice = last >> 4
        controls = rest.suffix(Int(last & 15))
        stream = rest.dropLast(controls.count)
    }

    /// The stream, split by the controls, which repeat; split into single bytes if there are no controls.
    var pieces: [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var rest = stream
        while !rest.isEmpty {
            let size = controls.isEmpty ? 1 : Int(controls[controls.startIndex + pieces.count % controls.count]) + 1
            pieces.append(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        return pieces
    }

    var description: String {
        "\(shown(stream)), cut at \(pieces.map(\.count)), choice \(choice)"
    }
}
