import AuraAPI
import AuraModel
import Locking

/// The progress display on a terminal: one frame for each running job, drawn in place. The last frame of an ended job
/// stays above the others.
struct LiveView: WatchView {
    private struct State: Sendable {
        var jobs: [ProgressState]
        var painter = FramePainter()
        var tick = 0
        var lostUntil: Timestamp?
        /// True while this program must not draw on the terminal.
        var isAway = false
    }

    /// The instance's name, for the titles of jobs that begin during the watch.
    let instanceName: String
    let output: Output
    let time: any TimeSource
    let lookups: Lookups
    /// The text to show while no job runs; `nil` if the watch ends with its job.
    let idleText: String?
    private let state: Locked<State>

    init(
        jobs: [ProgressState], instanceName: String, idleText: String?, output: Output, time: any TimeSource,
        lookups: Lookups
    ) {
        self.instanceName = instanceName
        self.output = output
        self.time = time
        self.lookups = lookups
        self.idleText = idleText
        state = Locked(State(jobs: jobs))
    }

    func show(_ record: EventRecord) async {
        let event = record.event
        guard let job = event.job else { return }
        if !knows(job), event.ending == nil, let answer = await lookups.job(job) {
            let began = ProgressState(
                job: answer, title: "\(answer.kind) \(instanceName)", isReplayed: event.type == .jobQueued)
            state.withLock { $0.jobs.append(began) }
        }
        state.withLock { state in
            guard let index = state.jobs.firstIndex(where: { $0.job == job }) else { return }
            state.jobs[index].apply(event)
            guard state.jobs[index].outcome != nil else { return }
            leave(state.jobs.remove(at: index), &state)
        }
    }

    func connectionLost(until deadline: Timestamp?) {
        state.withLock { $0.lostUntil = deadline }
    }

    func tick() {
        state.withLock { state in
            state.tick += 1
            if !state.isAway { draw(&state) }
        }
    }

    func giveTerminalBack() {
        state.withLock { state in
            state.isAway = true
            output.write(state.painter.close())
        }
    }

    func takeTerminal() {
        state.withLock { $0.isAway = false }
    }

    private func knows(_ job: JobID) -> Bool {
        state.withLock { state in state.jobs.contains { $0.job == job } }
    }
}

// MARK: - Drawing

// The terminal is written under the lock, so that frames reach it in the order of their states.
extension LiveView {
    private func draw(_ state: inout State) {
        let size = ScreenSize.present
        let canvas = canvas(size, tick: state.tick)
        let note = state.lostUntil.map {
            "the connection is lost, trying again for \(TimeText.countdown($0 - canvas.now))"
        }
        var lines = state.jobs.flatMap { $0.frame(canvas, note: nil) }
        if state.jobs.isEmpty, let idleText { lines.append(Line("\(canvas.spinner) \(idleText)", .dim)) }
        if let note { lines.append(Line(note, .busy)) }
        let fitting = lines.prefix(canvas.rows).map { line in
            line.clipped(to: canvas.columns, ellipsis: output.style.glyphs.ellipsis)
        }
        output.write(state.painter.paint(Array(fitting), style: output.style, columns: size.columns))
    }

    /// Draws the last frame of a job, which stays on the screen.
    private func leave(_ job: ProgressState, _ state: inout State) {
        let size = ScreenSize.present
        let lines = job.frame(canvas(size, tick: state.tick))
        output.write(state.painter.leave(lines, style: output.style, columns: size.columns))
        if state.isAway { output.write(state.painter.close()) }
    }

    /// One column and one row stay free, so that the terminal neither wraps nor scrolls.
    private func canvas(_ size: ScreenSize, tick: Int) -> Canvas {
        Canvas(columns: size.columns - 1, rows: size.rows - 1, style: output.style, now: time.now(), tick: tick)
    }
}
