import Foundation

/// A clip whose cuts are known: shots of pictures and films of the set-up, one after the other.
struct CutClip {
    /// What makes finding its cuts hard.
    enum Kind: String, CaseIterable {
        /// Cuts only, some between parts of one picture.
        case cuts
        /// Fast pans, one shot in three.
        case pans
        /// Flashes of one to four frames, white, black or bright.
        case flashes
        /// Sensor noise over everything, and repeated frames as in film on television.
        case noise
    }

    let kind: Kind
    let shotCount: Int
    let width: Int
    let height: Int
    let seed: Int
    /// The number of the first frame of every shot but the first, after ``render(to:_:)``.
    private(set) var cuts: [Int] = []

    init(_ kind: Kind, shotCount: Int, width: Int = 640, height: Int = 360, seed: Int = 1) {
        self.kind = kind
        self.shotCount = shotCount
        self.width = width
        self.height = height
        self.seed = seed
    }

    /// Where shots come from: a picture, or a part of a film that has no cut of its own, in seconds.
    private static let sources: [(name: String, part: ClosedRange<Double>?)] = [
        ("china.jpg", nil), ("astronaut.png", nil), ("room.png", nil), ("bigbuckbunny.mp4", 0...5.2),
        ("bikes.mp4", 1.24...3.0), ("bikes.mp4", 3.08...5.44), ("bikes.mp4", 5.52...7.44), ("bikes.mp4", 7.52...9.64),
        ("china.jpg", nil), ("room.png", nil),
    ]

    /// Writes the clip.
    mutating func render(to path: String, _ options: BenchmarkOptions) throws {
        var generator = SeededGenerator(seed: "\(kind.rawValue) \(seed)")
        var arguments = ["-v", "error", "-nostdin", "-y"]
        var graph = ""
        var frames = 0
        cuts = []
        var last = -1
        for shot in 0..<shotCount {
            var choice = Int.random(in: 0..<Self.sources.count, using: &generator)
            if choice == last { choice = (choice + 1) % Self.sources.count }
            last = choice
            let (name, part) = Self.sources[choice]
            let most = part.map { min(60, Int(($0.upperBound - $0.lowerBound) * 25) - 2) } ?? 60
            let length = Int.random(in: 20...most, using: &generator)
            if shot > 0 { cuts.append(frames) }
            frames += length
            if let part {
                let latest = max(part.lowerBound, part.upperBound - Double(length) / 25 - 0.08)
                let start = Double.random(in: part.lowerBound...latest, using: &generator)
                arguments += ["-ss", String(start), "-t", String(Double(length + 1) / 25), "-i", options.media(name)]
            } else {
                arguments += ["-loop", "1", "-framerate", "25", "-i", options.media(name)]
            }
            graph += "[\(shot):v]" + filters(shot, length, &generator) + "[s\(shot)];"
        }
        graph += (0..<shotCount).map { "[s\($0)]" }.joined() + "concat=n=\(shotCount):v=1:a=0,setpts=N/25/TB[out]"
        arguments += ["-filter_complex", graph, "-map", "[out]"]
        arguments += ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-g", "100", path]
        _ = try ToolRun("ffmpeg", arguments)
    }

    /// What is done to the frames of one shot.
    private func filters(_ shot: Int, _ length: Int, _ generator: inout SeededGenerator) -> String {
        // The window moves over a picture that is larger than it.
        let isPan = kind == .pans && shot % 3 == 1
        let zoom = Double.random(in: 1.3...2.0, using: &generator)
        let (large, high) = (Int(Double(width) * zoom) & ~1, Int(Double(height) * zoom) & ~1)
        let step = isPan ? Double.random(in: 0.01...0.03, using: &generator) * Double(width) : 1
        let x = "abs(mod(\(Int.random(in: 0...(large - width), using: &generator))+n*\(step)\\,2*(iw-ow))-(iw-ow))"
        let y = "\(Int.random(in: 0...(high - height), using: &generator))"
        var steps = ["fps=25", "scale=\(large):\(high):force_original_aspect_ratio=increase"]
        steps.append("crop=\(width):\(height):\(x):\(y)")
        if kind == .flashes, length > 30 {
            let first = Int.random(in: 16...(length - 12), using: &generator)
            let last = first + Int.random(in: 0...3, using: &generator)
            let place = "enable='between(n\\,\(first)\\,\(last))'"
            switch shot % 3 {
            case 0: steps.append("drawbox=color=white:t=fill:\(place)")
            case 1: steps.append("lutyuv=y='min(235\\,val*1.4+60)':\(place)")
            default: steps.append("drawbox=color=black:t=fill:\(place)")
            }
        }
        if kind == .noise {
            steps.append("noise=alls=14:allf=t")
            if shot % 2 == 0 { steps.append("fps=12.5,fps=25") }
        }
        // A film may end a frame early: then its last one stays.
        steps += ["tpad=stop_mode=clone:stop=8", "trim=end_frame=\(length)", "setpts=N/25/TB"]
        steps += ["setsar=1", "format=yuv420p"]
        return steps.joined(separator: ",")
    }
}
