import Testing

@testable import aura

@Suite struct EventLineTests {
    func words(_ type: String, step: String?, _ message: String) -> String {
        let line = Samples.event(type, step: step, phase: "provisioning", message: message).line()
        return String(line.text.dropFirst("12:00:00  provisioning  ".count))
    }

    @Test func theStepIsNamedOncePerLine() {
        #expect(words("step.done", step: "server.create", "server.create took 3 s") == "server.create  took 3 s")
        #expect(words("step.failed", step: "server.create", "server.create: no room") == "server.create  no room")
        #expect(words("step.started", step: "server.create", "server.create") == "server.create  started")
        #expect(words("step.progress", step: "server", "servers are few") == "server  servers are few")
        #expect(words("step.progress", step: "server.create", "creating cx23") == "server.create  creating cx23")
    }

    @Test func anEventWithoutAMessageIsNamedByItsType() {
        #expect(words("moon.risen", step: nil, "") == "risen")
        #expect(words("job.queued", step: nil, "provision of ada is queued") == "provision of ada is queued")
    }

    @Test func linesNameTheirInstanceIfSeveralAreWatched() {
        let line = Samples.event("job.started", phase: "queued", message: "begun").line(name: "ada")
        #expect(line.text.dropFirst(8) == "  ada           queued        begun")
    }
}
