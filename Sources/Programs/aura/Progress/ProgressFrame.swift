import AuraModel

/// The parameters for drawing a frame of the progress display: its size, its style and the current time.
struct Canvas: Sendable, Hashable {
    var columns: Int
    var rows: Int
    var style: Style
    var now: Timestamp
    /// The number of redraws, for the spinner.
    var tick: Int

    var spinner: String {
        style.glyphs.spinner[tick % style.glyphs.spinner.count]
    }
}

/// A line of a frame. If the terminal has too few rows, the lines with the greatest `yields` are removed first.
struct FrameRow: Sendable, Hashable {
    var line: Line
    var yields: Int
}

extension ProgressState {
    /// Returns the frame: at most `canvas.rows` lines, none wider than `canvas.columns`.
    func frame(_ canvas: Canvas, note: String? = nil) -> [Line] {
        var rows = [FrameRow(line: titleLine(canvas), yields: 0), FrameRow(line: barLine(canvas), yields: 2)]
        for phase in phases {
            rows.append(FrameRow(line: phaseLine(phase, canvas), yields: phase.mark == .running ? 1 : 4))
            guard phase.mark == .running || phase.mark == .failed || isUndoing else { continue }
            let shown = failedPhase != nil ? phase.steps.filter { $0.mark != .pending } : phase.steps
            rows += shown.map { FrameRow(line: stepLine($0, canvas), yields: $0.mark == .running ? 3 : 5) }
        }
        if !message.isEmpty { rows.append(FrameRow(line: messageLine, yields: 2)) }
        if let note { rows.append(FrameRow(line: Line(note, .busy), yields: 1)) }
        return Self.fitting(rows, into: canvas.rows).map { row in
            row.line.clipped(to: canvas.columns, ellipsis: canvas.style.glyphs.ellipsis)
        }
    }

    /// Returns one line for each step, uncut.
    func stepLines(now: Timestamp, style: Style) -> [Line] {
        let canvas = Canvas(columns: .max, rows: .max, style: style, now: now, tick: 0)
        return steps.map { stepLine($0, canvas) }
    }

    private static func fitting(_ rows: [FrameRow], into limit: Int) -> [FrameRow] {
        var rows = rows
        while rows.count > max(limit, 1) {
            guard let most = rows.map(\.yields).max(), let index = rows.lastIndex(where: { $0.yields == most })
            else { break }
            rows.remove(at: index)
        }
        return rows
    }
}

// MARK: - Lines

extension ProgressState {
    private func titleLine(_ canvas: Canvas) -> Line {
        let mark = outcome.map { $0 == .succeeded ? canvas.style.glyphs.done + " " : canvas.style.glyphs.failed + " " }
        let look: Look = outcome == .succeeded ? .good : .bad
        let time = TimeText.elapsed(elapsed(now: canvas.now), expected: outcome == nil ? expectedSeconds : 0)
        return Line(mark ?? "", look).appending(title, .bold).appending("  \(time)  job \(job)", .dim)
    }

    private func barLine(_ canvas: Canvas) -> Line {
        let percent = "\(Int((progress * 100).rounded(.down))) %".indented(to: 5)
        let room = min(max(canvas.columns - percent.columns - 1, 0), 40)
        let full = Int((Double(room) * progress).rounded(.down))
        let look: Look = failedPhase == nil ? .good : .bad
        return Line(String(repeating: canvas.style.glyphs.barFull, count: full), look)
            .appending(String(repeating: canvas.style.glyphs.barEmpty, count: room - full), .dim)
            .appending(" \(percent)")
    }

    private func phaseLine(_ phase: PhaseProgress, _ canvas: Canvas) -> Line {
        let name = phase.name.padded(to: 22)
        let time = phase.elapsed(now: canvas.now)
        switch phase.mark {
        case .waiting:
            let text = estimate(phase.expectedSeconds)
            return Line("\(canvas.style.glyphs.waiting) \(name)\(text)", .dim)
        case .running:
            let text = time.map { TimeText.elapsed($0, expected: phase.expectedSeconds) } ?? ""
            return Line("\(canvas.spinner) ", .busy).appending(name, .bold).appending(text)
        case .done:
            return Line("\(canvas.style.glyphs.done) ", .good).appending(name + (time.map(TimeText.stopwatch) ?? ""))
        case .failed:
            return Line("\(canvas.style.glyphs.failed) ", .bad).appending(name + (time.map(TimeText.stopwatch) ?? ""))
        }
    }

    private func stepLine(_ step: StepProgress, _ canvas: Canvas) -> Line {
        let time = step.elapsed(now: canvas.now)
        let done = time.map(TimeText.stopwatch) ?? ""
        let glyphs = canvas.style.glyphs
        let (mark, look, text): (String, Look, String) =
            switch step.mark {
            case .pending:
                (glyphs.waiting, .dim, estimate(step.expectedSeconds))
            case .running:
                (canvas.spinner, .busy, time.map { TimeText.elapsed($0, expected: step.expectedSeconds) } ?? "")
            case .done: (glyphs.done, .good, done)
            case .failed: (glyphs.failed, .bad, done)
            case .undoing: (canvas.spinner, .busy, "undoing")
            case .undone: (glyphs.undone, .dim, "undone")
            case .undoFailed: (glyphs.failed, .bad, "cannot be undone")
            }
        return Line("  \(mark) ", look).appending(
            step.name.padded(to: 20) + text, step.mark == .pending ? .dim : .plain)
    }

    /// Returns the usual duration as text. The text is empty if the job has ended or failed, because the step will not
    /// run.
    private func estimate(_ seconds: Double) -> String {
        seconds > 0 && outcome == nil && failedPhase == nil ? TimeText.about(seconds) : ""
    }

    private var messageLine: Line {
        let look: Look = outcome == nil ? .dim : outcome == .succeeded ? .good : .bad
        return Line(message, look)
    }
}
