public import MediaCore

/// Lets the stages of a chain agree on formats, and puts conversions where neighbours differ.
public struct FormatNegotiator: Sendable {
    /// Types of device on which frames can be converted without a way through host memory (`cuda`, `vaapi` …).
    public var convertingDevices: Set<String>

    /// Makes a negotiator.
    public init(convertingDevices: Set<String> = []) { self.convertingDevices = convertingDevices }

    /// Agrees from the source to the sink: each stage is offered what the one before it emits.
    ///
    /// - Parameters:
    ///   - source: what the decoder or publisher delivers.
    ///   - plans: the stages in the order in which they run.
    ///   - sink: what is accepted at the end.
    /// - Throws: ``StageError`` of the stage that cannot work with what it is offered.
    public func negotiate(
        source: VideoFormat,
        plans: [any StagePlan],
        sink: SinkRequirement
    ) throws -> PipelineLayout {
        var steps: [PipelineLayout.Step] = []
        var current = source
        for (index, plan) in plans.enumerated() {
            let agreement: FormatAgreement
            do {
                agreement = try plan.negotiate(current)
            } catch let error as StageError {
                throw error
            } catch {
                throw StageError(.invalidInput, stage: plan.name, "cannot work with \(current): \(error)")
            }
            for format in [agreement.input, agreement.output] where format.width < 1 || format.height < 1 {
                throw StageError(.invalidInput, stage: plan.name, "makes an empty picture of \(current)")
            }
            steps += conversions(from: current, to: agreement.input).map { .convert($0) }
            steps.append(.stage(index, agreement))
            current = agreement.output
        }
        steps += conversions(from: current, to: sink.nearest(to: current)).map { .convert($0) }
        return PipelineLayout(source: source, plans: plans, steps: steps)
    }

    /// The conversions that lead from one format to another: none, one, or a way through host memory.
    ///
    /// Transfers change the memory and nothing else; whatever else differs is converted in host memory, or on the device
    /// where both ends are on one that can.
    ///
    /// The frame rate is none of it: only a stage can make other frames out of those there are.
    public func conversions(from source: VideoFormat, to target: VideoFormat) -> [Conversion] {
        var target = target
        target.frameRate = source.frameRate
        if source == target { return [] }
        if source.memory == target.memory {
            switch source.memory {
            case .host: return [Conversion(.convert, from: source, to: target)]
            case .hardware(let device) where convertingDevices.contains(device):
                return [Conversion(.convert, from: source, to: target)]
            case .hardware: break
            }
        }
        var result: [Conversion] = []
        var current = source
        if current.memory != .host {
            var downloaded = current
            downloaded.memory = .host
            result.append(Conversion(.download, from: current, to: downloaded))
            current = downloaded
        }
        var wanted = target
        wanted.memory = .host
        if current != wanted {
            result.append(Conversion(.convert, from: current, to: wanted))
            current = wanted
        }
        if target.memory != .host { result.append(Conversion(.upload, from: current, to: target)) }
        return result
    }
}
