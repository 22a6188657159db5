internal import FFmpegKit
internal import Pipeline
internal import Stages

/// Puts into a report what was done to the sound.
struct AudioReport {
    private let plan: AudioPlan
    private let results: [AudioTrackResult]
    private let seconds: Double

    init(_ plan: AudioPlan, _ results: [AudioTrackResult], seconds: Double) {
        self.plan = plan
        self.results = results
        self.seconds = seconds
    }

    /// Adds figures to the stages that are there, and the stages that work on sound only.
    func complete(_ report: inout RenderReport) {
        for stage in plan.stages {
            var entry = entry(of: stage)
            if let index = report.stages.firstIndex(where: { $0.stage == stage.name }) {
                report.stages[index].metrics += entry.metrics
                report.stages[index].explanation =
                    [report.stages[index].explanation, entry.explanation]
                    .compactMap(\.self).first
            } else {
                entry.metrics.sort { $0.name < $1.name }
                report.stages.append(entry)
            }
        }
        for result in results {
            let name = "audio stream \(result.stream.index) (\(result.stream.parameters.codecName))"
            report.warnings += result.notices.map { "\(name) \($0)" }
        }
    }

    private func entry(of stage: any AudioStagePlan) -> RenderReport.Stage {
        let kinds = Set(stage.effects.map(\.kind))
        var metrics: [RenderReport.Metric] = [], explanations: [String] = []
        var outcomes: [StageVerdict.Outcome] = []
        for (number, result) in results.enumerated() {
            // One track needs no number.
            let suffix = number == 0 ? "" : "_track_\(number + 1)"
            func add(_ name: String, _ before: Double?, _ after: Double, _ unit: String) {
                metrics.append(RenderReport.Metric(name: name + suffix, before: before, after: after, unit: unit))
            }
            for (effect, finding) in result.findings where kinds.contains(effect.kind) {
                for metric in finding.metrics { add(metric.name, metric.before, metric.after, metric.unit) }
                if let text = finding.explanation, !explanations.contains(text) { explanations.append(text) }
                if finding.plan == nil {
                    outcomes.append(finding.outcome)
                } else if let sound = result.sound {
                    let verdict = effect.judge(before: result.before, after: sound.measurement)
                    outcomes.append(finding.outcome == .kept || verdict == .kept ? .kept : verdict)
                }
            }
            let after = result.sound?.measurement ?? result.before
            if let value = after.loudness { add("loudness", result.before.loudness, value, "LUFS") }
            if let value = after.range { add("loudness_range", result.before.range, value, "LU") }
            if let value = after.truePeak { add("true_peak", result.before.truePeak, value, "dBTP") }
            guard stage.synchronization != .off else { continue }
            if let offset = result.offset {
                add("av_offset", offset.seconds * 1000, offset.seconds * 1000 + (result.shift ?? 0) * 1000, "ms")
            }
            if let shift = result.shift { add("shift", nil, shift * 1000, "ms") }
            if let drift = result.drift { add("clock_drift", drift * 1e6, 0, "ppm") }
            if result.isOffsetUnknown, number == 0 {
                explanations.append("the offset between sound and picture is unknown")
            }
        }
        return RenderReport.Stage(
            stage: stage.name,
            parameters: stage.parameters.values,
            seconds: seconds,
            metrics: metrics,
            kept: Self.kept(outcomes),
            explanation: explanations.isEmpty ? nil : explanations.joined(separator: "; ")
        )
    }

    /// One effect that makes things better is work that stays; a stage of which everything was rolled back did nothing.
    private static func kept(_ outcomes: [StageVerdict.Outcome]) -> RenderReport.Kept {
        if outcomes.contains(.kept) { return .yes }
        if !outcomes.isEmpty, outcomes.allSatisfy({ $0 == .rolledBack }) { return .rolledBack }
        return .unverifiable
    }
}
