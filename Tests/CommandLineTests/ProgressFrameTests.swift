import AuraModel
import Testing

@testable import aura

@Suite struct ProgressFrameTests {
    let running = Samples.progress(
        Samples.event("job.started", second: 1),
        Samples.event("step.started", step: "key.create", phase: "provisioning", progress: 0, second: 2),
        Samples.event("step.done", step: "key.create", phase: "provisioning", progress: 0.01, second: 3),
        Samples.event("step.started", step: "server.create", phase: "provisioning", second: 3),
        Samples.event(
            "step.progress", step: "server.create", phase: "provisioning", progress: 0.1, message: "creating cx23",
            second: 4))

    func text(_ lines: [Line]) -> [String] {
        lines.map(\.text)
    }

    @Test func aFrameShowsPhasesAndTheStepsOfTheRunningPhase() {
        #expect(
            text(running.frame(Samples.canvas())) == [
                "provision ada  1:00 of about 1:40  job j1",
                "####------------------------------------  10 %",
                "+ queued                ",
                "| provisioning          0:58 of about 0:20",
                "  + key.create          0:01",
                "  | server.create       0:57 of about 0:19",
                ". configuring           about 1:00",
                ". networking            about 0:20",
                ". running               ",
                "creating cx23",
            ])
    }

    @Test func noLineIsWiderThanItsCanvas() {
        for columns in 1...60 {
            for line in running.frame(Samples.canvas(columns: columns)) { #expect(line.columns <= columns) }
        }
    }

    @Test func aLowCanvasKeepsTheMostImportantLines() {
        for rows in 1...12 { #expect(running.frame(Samples.canvas(rows: rows)).count == min(rows, 10)) }
        #expect(text(running.frame(Samples.canvas(rows: 1))) == ["provision ada  1:00 of about 1:40  job j1"])
        #expect(
            text(running.frame(Samples.canvas(rows: 5))).map { String($0.prefix(16)) } == [
                "provision ada  1", "####------------", "| provisioning  ", "  | server.creat", "creating cx23",
            ])
    }

    @Test func theSpinnerTurns() {
        var canvas = Samples.canvas()
        let spinners = (0..<5).map { tick in
            canvas.tick = tick
            return String(text(running.frame(canvas))[3].prefix(1))
        }
        #expect(spinners == ["|", "/", "-", "\\", "|"])
    }

    @Test func aFailedJobShowsNoEstimates() {
        var failed = running
        failed.apply(
            Samples.event("step.failed", step: "server.create", phase: "provisioning", message: "no room", second: 9))
        #expect(!text(failed.frame(Samples.canvas())).dropFirst().contains { $0.contains("about") })
        failed.apply(Samples.event("job.failed", message: "provision failed: no room", second: 10))
        let lines = text(failed.frame(Samples.canvas()))
        #expect(lines.first == "x provision ada  0:10  job j1")
        #expect(lines.last == "provision failed: no room")
    }

    @Test func linesAreRenderedWithColourOnlyOnRequest() {
        let style = Style(color: true, glyphs: .unicode)
        let line = running.frame(Samples.canvas(style: style))[2]
        #expect(line.rendered(color: true).hasPrefix("\u{1B}[32m✓ \u{1B}[0m"))
        #expect(line.rendered(color: false).hasPrefix("✓ queued"))
    }
}
