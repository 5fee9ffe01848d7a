internal import AuraModel
public import DriverKit
internal import DriverREST
internal import HTTPClient
internal import JSON
internal import Locking
internal import Logging

extension HetznerCompute {
    public func check(image: String, isOurs: @Sendable ([String: String]) -> Bool) async throws -> [ProviderFinding] {
        do throws(Failure) {
            let read = try await readCatalogue()
            catalogue.withLock { $0 = read }
            let placements = settings.placements.values.flatMap(\.values).joined()
            let architectures = Set(placements.compactMap { read.types[$0.serverType]?.architecture })
            return try await read.findings(settings.placements, now: time.now()) + check(image, architectures)
                + checkFirewall(isOurs)
        } catch {
            guard error.concern == .token else { throw error }
            return [
                ProviderFinding(
                    .error, setting: "hetzner.token", "\(error.message); make a token with read and write rights")
            ]
        }
    }

    public func objection(to placement: Placement) -> String? {
        catalogue.withLock { $0 }?.objection(to: placement, now: time.now())
    }

    private func readCatalogue() async throws(Failure) -> Catalogue {
        let call = RESTCall(.get, "/server_types", query: [("per_page", "50")], what: "list server types")
        var types: [WireServerType] = []
        try await api.pages(call) { (page: ServerTypesAnswer) in
            types += page.types
            return page.meta
        }
        guard !types.isEmpty else {
            throw Failure(.transient, code: "providerAnswer", message: "cannot list server types: the list is empty")
        }
        return Catalogue(types)
    }

    /// Checks the image. A number names one image; a name names one image for each architecture.
    private func check(_ image: String, _ architectures: Set<String>) async throws(Failure) -> [ProviderFinding] {
        let setting = "hetzner.image"
        let found: [WireImage]
        if let number = Int64(image) {
            let call = RESTCall(.get, "/images/\(number)", what: "read image \(number)")
            found = try await api.find(call, as: ImageAnswer.self).map { [$0.image] } ?? []
        } else {
            found = try await images([("name", image), ("include_deprecated", "true")])
        }
        guard !found.isEmpty else {
            let names = try await images([("type", "system")]).compactMap(\.name)
            let hint =
                NearestName.of(image, in: names).map { "; the nearest is \(PlainText.clean($0, limitBytes: 60))" } ?? ""
            return [ProviderFinding(.error, setting: setting, "there is no image \(image)\(hint)")]
        }
        let missing = architectures.subtracting(found.compactMap(\.architecture)).sorted()
        var findings = missing.map {
            ProviderFinding(
                .error, setting: setting,
                "there is no image \(image) for the architecture \($0), which hetzner.placements asks for")
        }
        if let day = found.compactMap(\.deprecated).first?.prefix(10) {
            findings.append(
                ProviderFinding(
                    .warning, setting: setting,
                    "\(image) is deprecated since \(PlainText.clean(day)); choose a newer one"))
        }
        return findings
    }

    private func images(_ query: [(String, String)]) async throws(Failure) -> [WireImage] {
        let call = RESTCall(.get, "/images", query: query + [("per_page", "50")], what: "list images")
        var images: [WireImage] = []
        try await api.pages(call) { (page: ImagesAnswer) in
            images += page.images
            return page.meta
        }
        return images
    }

    /// Checks the firewall without a change. Aura's own firewall gets its rules when the next machine is created.
    private func checkFirewall(_ isOurs: ([String: String]) -> Bool) async throws(Failure) -> [ProviderFinding] {
        guard settings.usesFirewall, let found = try await findFirewall(), Set(found.rules ?? []) != Set(wantedRules),
            !isOurs(found.labels ?? [:])
        else { return [] }
        return [
            ProviderFinding(
                .error, setting: "hetzner.firewallName",
                "a firewall \(settings.firewallName) exists with other rules and without Aura's labels; choose another name"
            )
        ]
    }
}
