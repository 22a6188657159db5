internal import FFmpegKit
internal import MediaCore
internal import Pipeline
internal import Stages

/// Processes one track in passes: measure, measure behind what was decided, render. Confined to one thread.
struct AudioTrackRenderer {
    let request: RenderRequest
    let plan: AudioPlan
    let stream: StreamDescription
    let range: TimeRange
    let clockShifts: ClockShifts
    /// Length of the file, when known.
    let duration: MediaTime?
    let formatName: String
    let container: Muxer.Container
    let scratchPrefix: String
    let interrupt: Demuxer.Interrupt
    let cancellation: CancellationFlag
    /// Gets seconds of sound that went through any pass.
    let onProgress: (Double) -> Void

    /// Samples in a block.
    private static let blockLength = 960
    /// How often a track is encoded again because the codec lifted its peaks.
    private static let mostCorrections = 2

    /// Does everything.
    func run() throws -> AudioTrackResult {
        guard var timeline = AudioTimeline(stream, range: range, duration: duration) else {
            return AudioTrackResult(
                stream: stream,
                notices: ["has channels without places, or none, and is copied as it is"]
            )
        }
        var result = AudioTrackResult(stream: stream)
        if plan.synchronization != .off, AudioClock.mayDrift(formatName),
            let ratio = try AudioClock.ratio(try open(), stream: stream)
        {
            timeline.clockRatio = ratio
            result.drift = ratio - 1
        }
        let plans = try measure(timeline, &result)
        let shift = try findShift(timeline, &result)
        guard result.sampleCount > 0 else { return result }
        guard !plans.isEmpty || shift != 0 || result.drift != nil else { return result }
        try render(timeline, plans, shift: shift, &result)
        return result
    }

    /// The input as everybody else reads it, from its beginning.
    private func open() throws -> Demuxer {
        let demuxer = try RenderPlan.open(request.inputPath, interrupt)
        demuxer.clockShifts = clockShifts
        return demuxer
    }

    // MARK: - Measuring

    private func measure(_ timeline: AudioTimeline, _ result: inout AudioTrackResult) throws -> [any AudioEffectPlan] {
        let track = AudioTrack(
            format: timeline.format,
            channels: timeline.format.channels ?? [.front],
            scratchPrefix: scratchPrefix
        )
        var plans: [any AudioEffectPlan] = []
        var waiting = plan.effects[...]
        let meter = try track.makeLoudnessMeter()
        let onsets = needsOnsets ? AudioOnsets(sampleRate: timeline.format.sampleRate) : nil
        var isFirst = true
        repeat {
            let probes = try waiting.map { try $0.makeProbe(track) }
            var samples = 0
            let problems = try pass(timeline, plans) { block in
                if isFirst {
                    meter.add(block)
                    onsets?.add(block)
                }
                for probe in probes { try probe.measure(block) }
                samples += block.count
            }
            if isFirst {
                result.sampleCount = samples
                result.notices += problems
                result.before = meter.measurement
                result.onsets = onsets?.envelope
            }
            isFirst = false
            guard samples > 0 else { return [] }
            // Later probes listened to what they will be fed only as long as the effects before have nothing to do.
            for probe in probes {
                guard let effect = waiting.popFirst() else { break }
                let finding = try probe.finish()
                result.findings.append((effect, finding))
                if let found = finding.plan {
                    plans.append(found)
                    break
                }
            }
        } while !waiting.isEmpty
        return plans
    }

    private var needsOnsets: Bool { plan.synchronization == .automatic && plan.picture != nil }

    /// Reads the whole track through effects.
    ///
    /// - Returns: what the user should know about the input.
    private func pass(
        _ timeline: AudioTimeline,
        _ plans: [any AudioEffectPlan],
        _ body: (AudioBlock) throws -> Void
    ) throws -> [String] {
        let reader = try AudioTrackReader(try open(), stream: stream, timeline: timeline)
        let chain = try AudioEffectChain(plans)
        let block = AudioBlock(channelCount: timeline.format.channels?.count ?? 1, capacity: Self.blockLength)
        var seen = 0
        while try reader.next(into: block) {
            seen += block.count
            try chain.process(block)
            if block.count > 0 { try body(block) }
            if seen >= timeline.format.sampleRate {
                onProgress(Double(seen) / Double(timeline.format.sampleRate))
                seen = 0
                try cancellation.check()
                if interrupt.isRaised { throw RenderError(.interrupted, "interrupted") }
            }
        }
        try chain.flush(block, body)
        var problems: [String] = []
        if reader.damagedPackets > 0 { problems.append("\(reader.damagedPackets) damaged packets became silence") }
        if let failure = reader.readFailure { problems.append("reading stopped early (\(failure.message))") }
        return problems
    }

    // MARK: - Time

    /// How many samples the sound is moved, later when positive.
    private func findShift(_ timeline: AudioTimeline, _ result: inout AudioTrackResult) throws -> Int64 {
        switch plan.synchronization {
        case .off: return 0
        case .shift(let time):
            result.shift = time.seconds
            return timeline.samples(time)
        case .automatic:
            guard let picture = plan.picture, let onsets = result.onsets else { return 0 }
            let finder = PictureOnsets(stream: picture, range: range, duration: duration, open: open)
            let looks = try finder.envelope(cancellation)
            guard let offset = OffsetFinder.offset(sound: onsets, picture: looks) else {
                result.isOffsetUnknown = true
                return 0
            }
            result.offset = offset
            // Half a frame of the usual rates cannot be told from none.
            guard abs(offset.seconds) >= 0.02 else { return 0 }
            result.shift = -offset.seconds
            return Int64((-offset.seconds * Double(timeline.format.sampleRate)).rounded())
        }
    }

    // MARK: - Rendering

    private func render(
        _ timeline: AudioTimeline,
        _ plans: [any AudioEffectPlan],
        shift: Int64,
        _ result: inout AudioTrackResult
    ) throws {
        let settings = SoundEncoderSettings(
            source: stream,
            container: container,
            quality: request.quality ?? .high,
            format: timeline.format
        )
        guard let settings else {
            result.notices.append("is left out: the container cannot hold sound")
            return
        }
        var plans = plans
        for attempt in 0... {
            let writer = try SoundWriter(
                settings,
                format: timeline.format,
                usesGlobalHeader: container.usesGlobalHeader,
                spoolPath: scratchPrefix + ".packets"
            )
            _ = try pass(timeline, plans) { block in
                block.position += shift
                if block.position < 0 { block.dropFirst(Int(min(Int64(block.count), -block.position))) }
                if block.position + Int64(block.count) > timeline.end {
                    block.count = Int(max(0, timeline.end - block.position))
                }
                try writer.write(block)
            }
            let sound = try writer.finish()
            let corrected = plans.map { $0.corrected(after: sound.measurement) }
            if attempt < Self.mostCorrections, corrected.contains(where: { $0 != nil }) {
                plans = zip(plans, corrected).map { $1 ?? $0 }
                continue
            }
            result.sound = sound
            if sound.format.channelLayout != settings.channelLayout {
                result.notices.append(
                    "becomes \(sound.format.channelLayout): \(settings.codecName) has no \(timeline.format.channelLayout)"
                )
            }
            if sound.format.sampleRate != timeline.format.sampleRate {
                result.notices.append(
                    "becomes \(sound.format.sampleRate) Hz: \(settings.codecName) has no other rate near"
                )
            }
            return
        }
    }
}

/// What became of one track.
struct AudioTrackResult: Sendable {
    let stream: StreamDescription
    /// The encoded track; `nil` when it is copied as it is.
    var sound: EncodedSound?
    /// Samples of each channel that were read.
    var sampleCount = 0
    /// What was measured before anything was done.
    var before = SoundMeasurement(loudness: nil, range: nil, truePeak: nil)
    /// What each effect's probe found, in order.
    var findings: [(effect: any AudioEffect, finding: AudioFinding)] = []
    var onsets: OnsetEnvelope?
    /// The offset that the content shows.
    var offset: OffsetFinder.Offset?
    /// Whether the content was looked at and did not tell.
    var isOffsetUnknown = false
    /// Seconds by which the sound was moved.
    var shift: Double?
    /// By how much the recorder's clock ran away, as a share.
    var drift: Double?
    /// What the user should know, beginning after the name of the track.
    var notices: [String] = []

    init(stream: StreamDescription, notices: [String] = []) {
        self.stream = stream
        self.notices = notices
    }
}
