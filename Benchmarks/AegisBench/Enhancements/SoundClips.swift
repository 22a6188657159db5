import Foundation

/// Sound with known truth, as one channel of 48 kHz.
struct SoundClips {
    static let rate = 48_000
    private let options: BenchmarkOptions

    init(_ options: BenchmarkOptions) { self.options = options }

    private static let text = """
        It is a truth universally acknowledged that a single man in possession of a good fortune must be in want of a wife. \
        However little known the feelings or views of such a man may be on his first entering a neighbourhood, this truth \
        is so well fixed in the minds of the surrounding families that he is considered as the rightful property of some \
        one or other of their daughters.
        """

    /// Reads a file, or what a libavfilter source makes, through FFmpeg.
    func samples(_ input: [String], filter: String? = nil, seconds: Double? = nil) throws -> [Float] {
        let path = "\(options.scratch)/samples.f32"
        var arguments = ["-v", "error", "-nostdin", "-y"] + input
        if let filter { arguments += ["-af", filter] }
        if let seconds { arguments += ["-t", "\(seconds)"] }
        arguments += ["-ac", "1", "-ar", "\(Self.rate)", "-f", "f32le", path]
        _ = try ToolRun("ffmpeg", arguments)
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        return data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    /// Writes samples as a file of 24 bits.
    func write(_ channels: [[Float]], to path: String) throws {
        let raw = path + ".f32"
        var data = Data(capacity: channels[0].count * channels.count * 4)
        for index in channels[0].indices {
            for channel in channels { withUnsafeBytes(of: channel[index]) { data.append(contentsOf: $0) } }
        }
        try data.write(to: URL(fileURLWithPath: raw))
        _ = try ToolRun(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-y", "-f", "f32le", "-ar", "\(Self.rate)", "-ac", "\(channels.count)", "-i",
                raw, "-c:a", "pcm_s24le", path,
            ]
        )
        try FileManager.default.removeItem(atPath: raw)
    }

    /// One of flite's voices.
    func speech(_ voice: String, from start: Double = 0) throws -> [Float] {
        let text = Self.text.replacingOccurrences(of: ",", with: "\\,")
        return try samples(
            ["-ss", "\(start)", "-f", "lavfi", "-i", "flite=voice=\(voice):text='\(text)'"],
            filter: "highpass=f=30,volume=-3dB"
        )
    }

    /// Noise of a colour.
    func noise(_ color: String, seconds: Double) throws -> [Float] {
        try samples(["-f", "lavfi", "-i", "anoisesrc=c=\(color):r=\(Self.rate):seed=5:a=0.3"], seconds: seconds)
    }

    /// Several people talking at once, none of them the one who is listened to.
    func babble(without voice: String, count: Int) throws -> [Float] {
        var result = [Float](repeating: 0, count: count)
        let voices = ["rms", "kal16", "slt", "awb", "kal"].filter { $0 != voice }
        for (number, other) in voices.enumerated() {
            let talk = try speech(other)
            for turn in 0..<2 {
                let offset = (number * 2 + turn) * 77_003 % talk.count
                for index in result.indices { result[index] += talk[(index + offset) % talk.count] }
            }
        }
        return result
    }

    /// Chords that change each second, with partials and a beat.
    func music(seconds: Double) throws -> [Float] {
        let root = "220*pow(2\\,mod(floor(t)*5\\,12)/12)"
        let notes = ["1", "1.26", "1.5"].flatMap { note in
            (1...5).map { "sin(2*PI*\(root)*\(note)*\($0)*t)/\($0)" }
        }
        let chords = "0.04*exp(-1.2*mod(t\\,1))*(\(notes.joined(separator: "+")))"
        let beat = "0.1*exp(-60*mod(t\\,0.5))*(random(0)-0.5)"
        return try samples(
            ["-f", "lavfi", "-i", "aevalsrc=\(chords)+\(beat):s=\(Self.rate)"],
            seconds: seconds
        )
    }

    /// Adds noise at a ratio in decibels.
    static func mix(_ speech: [Float], _ noise: [Float], ratio: Double) -> [Float] {
        let factor = Float((power(speech) / power(noise) / pow(10, ratio / 10)).squareRoot())
        return speech.indices.map { speech[$0] + factor * noise[$0 % noise.count] }
    }

    static func power(_ samples: [Float]) -> Double {
        samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(max(1, samples.count))
    }

    /// The estimate without its delay of up to 50 ms, which FFmpeg's filters do not make up for.
    static func aligned(_ estimate: [Float], to truth: [Float]) -> [Float] {
        var best = (lag: 0, product: -Float.infinity)
        for lag in 0..<2400 {
            var product: Float = 0
            for index in stride(from: rate, to: min(3 * rate, truth.count, estimate.count - lag), by: 3) {
                product += truth[index] * estimate[index + lag]
            }
            if product > best.product { best = (lag, product) }
        }
        return Array(estimate.dropFirst(best.lag))
    }

    /// Scale-invariant signal-to-distortion ratio in dB (Le Roux et al., "SDR – half-baked or well done?", 2019).
    static func likeness(_ truth: [Float], _ estimate: [Float]) -> Double {
        let count = min(truth.count, estimate.count)
        var product = 0.0, energy = 0.0
        for index in 0..<count {
            product += Double(truth[index]) * Double(estimate[index])
            energy += Double(truth[index]) * Double(truth[index])
        }
        let scale = product / energy
        var error = 0.0
        for index in 0..<count {
            let difference = Double(estimate[index]) - scale * Double(truth[index])
            error += difference * difference
        }
        return error > 0 ? min(99, 10 * log10(scale * scale * energy / error)) : 99
    }
}
