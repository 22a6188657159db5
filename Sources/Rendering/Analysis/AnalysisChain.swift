internal import FFmpegKit
internal import MediaCore
internal import Pipeline

/// The instances of one segment's analysis: conversions, the stages that run, and the probes.
///
/// Not `Sendable`: make, use and release it on the thread that does the work.
final class AnalysisChain {
    private struct Link {
        let instance: any StageInstance
        let output = StageOutput()
    }

    private struct Tap {
        let links: [Link]
        let recorders: [any ProbeRecorder]
    }

    private struct Stop {
        let taps: [Tap]
        let links: [Link]
    }

    private let stops: [Stop]
    private let recorders: [any ProbeRecorder]
    private let window: SegmentWindow

    /// Makes everything that one segment needs.
    ///
    /// - Parameters:
    ///   - layout: who looks where.
    ///   - subjects: the viewers' subjects, by number.
    ///   - window: which frames count.
    init(_ layout: AnalysisLayout, subjects: [any ProbeSubject], window: SegmentWindow) throws {
        let converters = FilterGraphConverterFactory()
        func links(_ conversions: [Conversion]) throws -> [Link] {
            try conversions.map { Link(instance: try converters.makeConverter($0)) }
        }
        var made: [Int: any ProbeRecorder] = [:]
        stops = try layout.stops.map { stop in
            let taps = try stop.taps.map { tap in
                let recorders = try tap.subjects.map { number in
                    let recorder = try subjects[number].makeRecorder(tap.format)
                    made[number] = recorder
                    return recorder
                }
                return Tap(links: try links(tap.conversions), recorders: recorders)
            }
            var way: [Link] = []
            if let (plan, agreement, conversions) = stop.stage {
                way = try links(conversions) + [Link(instance: try plan.makeInstance(agreement))]
            }
            return Stop(taps: taps, links: way)
        }
        recorders = try subjects.indices.map { number in
            guard let recorder = made[number] else {
                throw RenderError(.failed, "nobody shows frames to \(subjects[number].name)")
            }
            return recorder
        }
        self.window = window
    }

    /// What was measured, by the subject's number.
    var recordings: [any Recording] { recorders.map(\.recording) }

    /// Shows a frame to everybody.
    func push(_ frame: consuming VideoFrame) throws { try arrive(frame, at: 0) }

    /// Shows what the stages still hold.
    func flush() throws {
        for index in stops.indices {
            for tap in stops[index].taps {
                try flush(tap.links) { [window] frame in try Self.show(frame, to: tap.recorders, window) }
            }
            try flush(stops[index].links) { frame in try arrive(frame, at: index + 1) }
        }
    }

    private func arrive(_ frame: consuming VideoFrame, at index: Int) throws {
        guard index < stops.count else { return }
        let stop = stops[index]
        for tap in stop.taps {
            if tap.links.isEmpty {
                try Self.show(frame, to: tap.recorders, window)
            } else {
                try Self.send(try frame.share(), through: tap.links[...]) { [window] seen in
                    try Self.show(seen, to: tap.recorders, window)
                }
            }
        }
        guard !stop.links.isEmpty else { return }
        try Self.send(frame, through: stop.links[...]) { next in try arrive(next, at: index + 1) }
    }

    private static func show(
        _ frame: borrowing VideoFrame,
        to recorders: [any ProbeRecorder],
        _ window: SegmentWindow
    ) throws {
        let isKept = window.contains(frame.time)
        for recorder in recorders { try recorder.look(at: frame, isKept: isKept) }
    }

    private static func send(
        _ frame: consuming VideoFrame,
        through links: ArraySlice<Link>,
        into sink: (consuming VideoFrame) throws -> Void
    ) throws {
        guard let link = links.first else { return try sink(frame) }
        try link.instance.process(frame, into: link.output)
        try drain(link, before: links.dropFirst(), into: sink)
    }

    private func flush(_ links: [Link], into sink: (consuming VideoFrame) throws -> Void) throws {
        for index in links.indices {
            try links[index].instance.flush(into: links[index].output)
            try Self.drain(links[index], before: links[(index + 1)...], into: sink)
        }
    }

    private static func drain(
        _ link: Link,
        before rest: ArraySlice<Link>,
        into sink: (consuming VideoFrame) throws -> Void
    ) throws {
        // Findings belong to the render; here they would be counted twice.
        link.output.drainResults { _ in }
        while let frame = link.output.takeFrame() { try send(frame, through: rest, into: sink) }
    }
}
