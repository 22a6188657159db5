internal import FFmpegKit
internal import Pipeline

extension RenderPlan {
    /// Collects what stages want to do to the sound.
    ///
    /// - Throws: ``RenderError`` when nothing else was asked for and there is no sound, or no place for it.
    static func planSound(
        _ request: RenderRequest,
        _ demuxer: Demuxer,
        _ container: Muxer.Container
    ) throws -> (plan: AudioPlan?, warnings: [String]) {
        let tracks = demuxer.streams.filter { $0.kind == .audio }
        let plan: AudioPlan?
        do {
            plan = try AudioPlan(request, tracks: tracks, picture: demuxer.bestVideoStream)
        } catch {
            throw RenderError(error, input: request.inputPath)
        }
        let soundOnly = request.stages.filter { !$0.descriptor.contributes.contains(.video) }
        guard plan == nil || container.isStillImage, let stage = soundOnly.first?.descriptor.name else {
            return (container.isStillImage ? nil : plan, [])
        }
        let reason =
            container.isStillImage ? "\(request.outputPath) holds no sound" : "\(request.inputPath) has no sound"
        guard request.pictureStages.isEmpty, !container.isStillImage || request.isCopy else {
            return (nil, ["\(stage) has nothing to do: \(reason)"])
        }
        throw RenderError(
            .badInput,
            reason,
            remedy: "\(stage) works on sound; leave it out, or give it a file with sound"
        )
    }
}
