internal import FFmpegKit
internal import Kernels
internal import MediaCore
internal import Pipeline

/// Judges `color_enhancement` on the user's own frames: is a cast that is put in found again, and is nothing lost?
///
/// Casts are put into what the stage makes of a frame, which is taken as the truth. Where they are not found again the light
/// of these pictures cannot be told, and the white balance is left alone.
struct ColorGuard: StageGuard {
    let plan: ColorEnhancementPlan

    /// Below this mean ΔE nobody sees that anything was done.
    private static let smallestChange = 0.3
    /// What may be left of injected casts. A picture whose own cast was too strong to be taken away whole hinders the search.
    private static let worstRestoration = 0.7
    /// So much of the picture may newly be clipped.
    private static let largestLoss = 0.005

    func judge(_ samples: any SampleFrames) throws -> StageVerdict {
        let format = samples.agreement.input
        if format.color.isHDR && plan.cube == nil {
            let transfer = format.color.transfer == 16 ? "PQ" : "HLG"
            return StageVerdict(
                .rolledBack,
                metrics: [],
                explanation: "HDR video (\(transfer)) is left as it is: these corrections are made for ordinary video"
            )
        }
        let findings = try look(at: samples, through: plan)
        guard findings.frames > 0 else { return StageVerdict(.unverifiable, metrics: []) }
        return try verdict(findings, samples)
    }

    private func look(at samples: any SampleFrames, through plan: ColorEnhancementPlan) throws -> Findings {
        var findings = Findings(samples.agreement.input)
        for index in 0..<min(samples.runCount, 4) {
            try samples.withRun(index) { run in
                let instance = try plan.makeInstance(samples.agreement)
                try run.withFrame(at: 0) { frame in try findings.look(at: frame, through: instance, plan) }
            }
        }
        return findings
    }

    private func verdict(_ findings: Findings, _ samples: any SampleFrames) throws -> StageVerdict {
        let metrics = findings.metrics
        let frames = Double(findings.frames)
        if plan.cube != nil {
            return StageVerdict(.unverifiable, metrics: metrics, explanation: "a look of your own is a matter of taste")
        }
        if findings.change / frames < Self.smallestChange {
            return StageVerdict(.rolledBack, metrics: metrics, explanation: "the colours are good already")
        }
        var remedy = plan
        var notes: [String] = []
        let balances = plan.looks?.contains { $0.correction.gains != ColorCorrection.none.gains } ?? true
        if balances && findings.castAfter > Self.worstRestoration * findings.castBefore {
            remedy = remedy.mapLooks { look in
                var look = look
                look.correction.gains = ColorCorrection.none.gains
                return look
            }
            notes.append(
                "the white balance is left as it is, because the light of these pictures cannot be told for sure"
            )
        }
        if (findings.clippedAfter - findings.clippedBefore) / frames > Self.largestLoss {
            remedy = remedy.mapLooks { look in
                var look = look
                look.correction = .none
                return look
            }
            notes.append("white balance and contrast are left as they are, because highlights would be lost")
        }
        guard !notes.isEmpty else { return StageVerdict(.kept, metrics: metrics) }
        let explanation = notes.joined(separator: "; ")
        // Live there is nothing to take out of the plan.
        guard remedy.looks != nil else { return StageVerdict(.rolledBack, metrics: metrics, explanation: explanation) }
        // The report tells what is rendered, not what was given up.
        let remaining = try look(at: samples, through: remedy)
        if remaining.change / Double(max(remaining.frames, 1)) < Self.smallestChange {
            return StageVerdict(.rolledBack, metrics: metrics, explanation: explanation)
        }
        return StageVerdict(.kept, metrics: remaining.metrics, plan: remedy, explanation: explanation)
    }
}

/// What was seen in sample frames.
private struct Findings {
    /// How much the stage changes frames: sum of mean ΔE.
    var change = 0.0
    /// Shares of pixels with a channel at its end.
    var clippedBefore = 0.0, clippedAfter = 0.0
    /// What injected casts did to frames, and what is left of it.
    var castBefore = 0.0, castAfter = 0.0
    var frames = 0

    /// Warm and cold light, and the green of tubes.
    static let casts: [SIMD3<Float>] = [SIMD3(1.25, 1, 0.75), SIMD3(0.8, 1, 1.25), SIMD3(0.9, 1.1, 0.9)]

    /// The means, for the report.
    var metrics: [StageMetric] {
        let count = Double(max(frames, 1))
        var metrics = [
            StageMetric("color_change", after: change / count, unit: "ΔE00"),
            StageMetric("clipped_share", before: clippedBefore / count, after: clippedAfter / count),
        ]
        if castBefore > 0 {
            let casts = count * Double(Self.casts.count)
            metrics.append(
                StageMetric("injected_cast", before: castBefore / casts, after: castAfter / casts, unit: "ΔE00")
            )
        }
        return metrics
    }

    private let thumbnail: FrameThumbnail
    private let meter: ColorMeter
    private let encoding: ColorEncoding
    private let copy: GridImage<UInt8>

    init(_ format: VideoFormat) {
        thumbnail = FrameThumbnail(format)
        meter = ColorMeter(thumbnailsOf: format)
        let weights = format.color.lumaWeights(height: format.height)
        encoding = ColorEncoding(
            depth: 8,
            weightRed: Double(weights.red),
            weightBlue: Double(weights.blue),
            isFullRange: format.color.isFullRange == true
        )
        let picture = thumbnail.picture
        copy = GridImage(width: picture.width, height: picture.height, hasChroma: picture.hasChroma, repeating: 0)
    }

    mutating func look(
        at frame: borrowing VideoFrame,
        through instance: any StageInstance,
        _ plan: ColorEnhancementPlan
    ) throws {
        guard frame.hasForwardRows else { return }
        let output = StageOutput()
        try instance.process(try frame.share(), into: output)
        guard let result = output.takeFrame() else { return }
        result.withFramePlanes { thumbnail.update($0) }
        let after = colors(of: thumbnail.picture)
        frame.withFramePlanes { thumbnail.update($0) }
        let before = colors(of: thumbnail.picture)
        frames += 1
        change += Self.difference(before, after)
        clippedBefore += Self.clippedShare(before)
        clippedAfter += Self.clippedShare(after)
        guard plan.strength > 0, thumbnail.picture.hasChroma else { return }
        // A picture that has a cast of its own cannot take another one: what the stage makes of it is the truth.
        let truth = corrected(thumbnail.picture, before, plan.strength)
        for cast in Self.casts {
            let gains = cast / (cast * SIMD3(0.2126, 0.7152, 0.0722)).sum()
            let damaged = truth.map { Self.clamped(Self.multiplied($0, gains)) }
            encode(damaged)
            castBefore += Self.difference(truth, damaged)
            castAfter += Self.difference(truth, corrected(copy, damaged, plan.strength))
        }
    }

    private func colors(of picture: GridImage<UInt8>) -> [SIMD3<Float>] {
        let middle: Float = 128
        return (0..<picture.y.count).map { index in
            let u = picture.u.map { Float($0.samples[index]) } ?? middle
            let v = picture.v.map { Float($0.samples[index]) } ?? middle
            return Self.clamped(encoding.decode(SIMD3(Float(picture.y.samples[index]), u, v)))
        }
    }

    private func encode(_ colors: [SIMD3<Float>]) {
        guard let u = copy.u, let v = copy.v else { return }
        for (index, color) in colors.enumerated() {
            let code = encoding.encode(color).rounded(.toNearestOrAwayFromZero)
                .clamped(lowerBound: SIMD3(), upperBound: SIMD3(repeating: 255))
            copy.y.samples[index] = UInt8(code.x)
            u.samples[index] = UInt8(code.y)
            v.samples[index] = UInt8(code.z)
        }
    }

    private func corrected(_ picture: GridImage<UInt8>, _ colors: [SIMD3<Float>], _ strength: Double) -> [SIMD3<Float>]
    {
        let correction = ColorCorrection(meter.measure(picture, wantsTiles: false), strength: strength)
        let weights = SIMD3(encoding.weightRed, 1 - encoding.weightRed - encoding.weightBlue, encoding.weightBlue)
        return colors.map { Self.clamped(correction.map($0, weights: weights)) }
    }

    private static func multiplied(_ signal: SIMD3<Float>, _ gains: SIMD3<Float>) -> SIMD3<Float> {
        SIMD3(
            SignalCurve.signal(SignalCurve.light(signal.x) * gains.x),
            SignalCurve.signal(SignalCurve.light(signal.y) * gains.y),
            SignalCurve.signal(SignalCurve.light(signal.z) * gains.z)
        )
    }

    private static func clamped(_ color: SIMD3<Float>) -> SIMD3<Float> {
        color.clamped(lowerBound: SIMD3(), upperBound: SIMD3(repeating: 1))
    }

    private static func clippedShare(_ colors: [SIMD3<Float>]) -> Double {
        Double(colors.count { $0.max() >= 0.996 }) / Double(max(colors.count, 1))
    }

    /// Mean ΔE of every third pixel, which is plenty.
    private static func difference(_ first: [SIMD3<Float>], _ second: [SIMD3<Float>]) -> Double {
        var sum = 0.0, count = 0.0
        for index in stride(from: 0, to: first.count, by: 3) {
            let from = CIELab(signal: SIMD3<Double>(first[index])), to = CIELab(signal: SIMD3<Double>(second[index]))
            sum += from.difference2000(to: to)
            count += 1
        }
        return sum / max(count, 1)
    }
}
