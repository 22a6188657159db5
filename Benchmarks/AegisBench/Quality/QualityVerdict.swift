/// The figures of all clips against their targets.
struct QualityVerdict {
    private let results: [ClipResult]

    init(_ results: [ClipResult]) { self.results = results }

    /// Shows figures for each clip; nothing is averaged over clips.
    func report(to output: BenchmarkOutput) {
        section("ordinary rooms and streets", of: .ordinary, output) { reportPeople($0, isJudged: true, output) }
        section("hard for the network: shown, without targets of their own", of: .hard, output) {
            reportPeople($0, isJudged: false, output)
        }
        let hard = group(.hard)
        if !hard.isEmpty {
            let missing = hard.count { $0.ours.overlap < 0.95 }
            output.figure("hard: clips with IoU below 0.95, of \(hard.count)", Double(missing))
        }
        reportComparison(output)
        reportTime(output)
        section("nobody there: what is taken for people, share of the frame", of: .nobody, output) { result in
            let name = result.clip.name
            output.figure("\(name): worst frame", result.ours.mostShare * 100, "%", target: .atMost(0.2))
            output.figure("\(name): mean of the frames", result.ours.share * 100, "%")
            output.figure("\(name): bare network, worst frame", result.raw.mostShare * 100, "%")
        }
    }

    private func section(
        _ title: String,
        of group: QualityClip.Group,
        _ output: BenchmarkOutput,
        _ body: (ClipResult) -> Void
    ) {
        let results = self.group(group)
        guard !results.isEmpty else { return }
        output.note("")
        output.note(title)
        for result in results { body(result) }
    }

    private func group(_ group: QualityClip.Group) -> [ClipResult] { results.filter { $0.clip.group == group } }

    private func reportPeople(_ result: ClipResult, isJudged: Bool, _ output: BenchmarkOutput) {
        let (name, ours) = (result.clip.name, result.ours)
        output.figure("\(name): IoU", ours.overlap, target: isJudged ? .atLeast(0.95) : nil)
        output.figure("\(name): IoU, worst frame", ours.worstOverlap)
        output.figure("\(name): IoU of the bare network", result.raw.overlap)
        let target: BenchmarkTarget? = isJudged ? .atLeast(0.85) : nil
        output.figure("\(name): boundary-F at 2 px", ours.boundaryAt2, target: target)
        output.figure("\(name): boundary-F at 0.8 % of the diagonal", ours.boundaryAtDiagonal, target: target)
        output.figure("\(name): mean alpha error", ours.alphaError)
    }

    private func reportComparison(_ output: BenchmarkOutput) {
        output.note("")
        output.note("never worse than the bare network")
        for kind in [QualityClip.Group.ordinary, .hard] where !group(kind).isEmpty {
            let frames = group(kind).reduce(0) { $0 + $1.ours.count }
            let below = group(kind).reduce(0) { $0 + $1.framesBelowRaw }
            output.figure("\(kind.rawValue): frames below raw, of \(frames)", Double(below), target: .atMost(0))
        }
    }

    private func reportTime(_ output: BenchmarkOutput) {
        output.note("")
        output.note("over time; still clips from frame \(StillnessMeter.settling) on")
        for result in results where result.clip.action == .still {
            let (name, ours, raw) = (result.clip.name, result.stillness.ours, result.stillness.raw)
            // In hundredths of alpha: the target is a mean change of 0.005.
            output.figure("\(name): mean |Δalpha| a frame", ours.meanChange * 100, "%", target: .atMost(0.5))
            output.figure("\(name): mean |Δalpha| of the bare network", raw.meanChange * 100, "%")
            output.figure("\(name): |Δalpha| of boundary pixels", ours.meanBandChange * 100, "%")
            output.figure("\(name): the same of the bare network", raw.meanBandChange * 100, "%")
            output.figure("\(name): mean |Δalpha| while settling", ours.meanSettlingChange * 100, "%")
            // Of fewer frames a single change is too large a part.
            if ours.pairs >= 20 {
                output.figure("\(name): toggling pixels", ours.togglingShare * 100, "%", target: .atMost(0))
            }
        }
        for result in results {
            guard let lag = result.lag.lag else { continue }
            // Ahead is as wrong as late.
            output.figure("\(result.clip.name): lag", Double(abs(lag.frames)), "frames", target: .atMost(0))
        }
    }
}
