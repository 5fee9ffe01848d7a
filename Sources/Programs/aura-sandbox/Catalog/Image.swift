import JSON

/// A system image.
struct Image: Sendable {
    let id: Int64
    let name: String
    let architecture: String
    /// The JSON in responses.
    let json: JSONValue

    private init(_ id: Int64, _ flavor: String, _ version: String, _ architecture: String, created: String) {
        self.id = id
        name = "\(flavor)-\(version)"
        self.architecture = architecture
        let title = flavor.prefix(1).uppercased() + flavor.dropFirst()
        json = [
            "id": .integer(id), "type": "system", "status": "available", "name": .string("\(flavor)-\(version)"),
            "description": .string("\(title) \(version)"), "image_size": .null, "disk_size": 5,
            "created": .string(created), "created_from": .null, "bound_to": .null, "os_flavor": .string(flavor),
            "os_version": .string(version), "rapid_deploy": true, "protection": ["delete": false], "deprecated": .null,
            "deleted": .null, "labels": [:], "architecture": .string(architecture),
        ]
    }

    static let standard = [
        Image(114_690_387, "debian", "12", "x86", created: "2023-06-13T06:00:00Z"),
        Image(114_690_389, "debian", "12", "arm", created: "2023-06-13T06:00:00Z"),
        Image(161_547_269, "ubuntu", "24.04", "x86", created: "2024-04-25T13:26:27Z"),
        Image(161_547_270, "ubuntu", "24.04", "arm", created: "2024-04-25T13:26:27Z"),
        Image(310_557_660, "debian", "13", "x86", created: "2025-08-11T06:00:00Z"),
        Image(310_557_661, "debian", "13", "arm", created: "2025-08-11T06:00:00Z"),
    ]
}
