/// An input's last bytes say what is done with those before them, so that the stream in a corpus stays readable.
///
/// The very last byte: its high half is a choice, its low half is how many control bytes stand before it.
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

    /// The stream cut by the controls, over and over; into single bytes where there are none.
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
