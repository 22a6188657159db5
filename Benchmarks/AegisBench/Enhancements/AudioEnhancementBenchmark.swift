import Foundation
import MediaCore
import Pipeline
import Rendering
import Stages

/// How well sound is denoised, brought to a loudness and put in time with the picture.
struct AudioEnhancementBenchmark: EnhancementBenchmark {
    let name = "audio_enhancement"

    func run(_ options: BenchmarkOptions) throws -> [QualityRow] {
        let clips = SoundClips(options)
        return try denoising(clips, options) + loudness(clips, options) + offset(options) + speed(clips, options)
    }

    private func row(
        _ clip: String,
        _ method: String,
        _ metric: String,
        _ value: Double,
        _ unit: String = "",
        target: BenchmarkTarget? = nil
    ) -> QualityRow {
        QualityRow(
            enhancement: name,
            clip: clip,
            method: method,
            metric: metric,
            value: value,
            unit: unit,
            target: target
        )
    }

    // MARK: - Denoising

    private func denoising(_ clips: SoundClips, _ options: BenchmarkOptions) throws -> [QualityRow] {
        var rows: [QualityRow] = []
        for voice in options.isSmoke ? ["slt"] : ["slt", "awb", "rms"] {
            let speech = try clips.speech(voice)
            let seconds = Double(speech.count) / Double(SoundClips.rate)
            rows.append(
                row(
                    "\(voice), clean",
                    "aegis",
                    "si_sdr",
                    SoundClips.likeness(speech, try denoise(speech, options)),
                    "dB",
                    target: .atLeast(20)
                )
            )
            let noises = [
                ("pink", try clips.noise("pink", seconds: seconds)),
                ("white", try clips.noise("white", seconds: seconds)),
                ("babble", try clips.babble(without: voice, count: speech.count)),
            ]
            for (kind, noise) in noises {
                for ratio in options.isSmoke ? [5.0] : [0, 5, 10] {
                    let mixed = SoundClips.mix(speech, noise, ratio: ratio)
                    let before = SoundClips.likeness(speech, mixed)
                    let name = "\(voice), \(kind) at \(Int(ratio)) dB"
                    let ours = SoundClips.likeness(speech, try denoise(mixed, options)) - before
                    rows.append(
                        row(name, "aegis", "si_sdr_gain", ours, "dB", target: ratio == 5 ? .atLeast(4) : nil)
                    )
                    guard ratio == 5 else { continue }
                    try clips.write([mixed], to: "\(options.scratch)/mixed.wav")
                    let theirs = try clips.samples(["-i", "\(options.scratch)/mixed.wav"], filter: "afftdn=nr=20:tn=1")
                    let gain = SoundClips.likeness(speech, SoundClips.aligned(theirs, to: speech)) - before
                    rows.append(row(name, "ffmpeg afftdn", "si_sdr_gain", gain, "dB"))
                }
            }
        }
        let music = [
            ("chords and beat", try clips.music(seconds: 20)),
            ("bigbuckbunny", try clips.samples(["-i", options.media("bigbuckbunny.mp4"), "-vn"])),
        ]
        for (name, music) in music {
            let likeness = SoundClips.likeness(music, try denoise(music, options))
            rows.append(row(name, "aegis", "si_sdr_of_music", likeness, "dB", target: .atLeast(30)))
        }
        return rows
    }

    /// The denoiser alone, as a file job runs it.
    private func denoise(_ samples: [Float], _ options: BenchmarkOptions) throws -> [Float] {
        let track = AudioTrack(
            format: AudioFormat(sampleRate: SoundClips.rate, channelLayout: "mono", sampleFormat: .floatPlanar),
            channels: [.front],
            scratchPrefix: options.scratch + "/track"
        )
        let probe = try SpeechDenoising(for: name, switchedOffBy: "denoise").makeProbe(track)
        try inBlocks(samples) { try probe.measure($0) }
        guard let plan = try probe.finish().plan else { return samples }
        let chain = try AudioEffectChain([plan])
        var result: [Float] = []
        try inBlocks(samples) { block in
            try chain.process(block)
            result += block.planes[0][..<block.count]
        }
        return result
    }

    private func inBlocks(_ samples: [Float], _ body: (AudioBlock) throws -> Void) rethrows {
        let block = AudioBlock(channelCount: 1, capacity: 960)
        for first in stride(from: 0, to: samples.count, by: block.capacity) {
            block.count = min(block.capacity, samples.count - first)
            for index in 0..<block.count { block.planes[0][index] = samples[first + index] }
            block.position = Int64(first)
            try body(block)
        }
    }

    // MARK: - Loudness

    private func loudness(_ clips: SoundClips, _ options: BenchmarkOptions) throws -> [QualityRow] {
        let speech = try clips.speech("slt")
        let quiet = speech.map { $0 * 0.05 }
        let noisy = SoundClips.mix(speech, try clips.noise("pink", seconds: 20), ratio: 10).map { $0 * 0.3 }
        var rows: [QualityRow] = []
        for (clip, sound) in [("speech", speech), ("quiet speech", quiet), ("noisy speech", noisy)]
            + [("music", try clips.music(seconds: 20))]
        {
            let input = "\(options.scratch)/loudness.wav"
            try clips.write([sound, sound], to: input)
            let ours = "\(options.scratch)/ours.m4a", theirs = "\(options.scratch)/theirs.m4a"
            let report = try render(input, to: ours, options)
            _ = try ToolRun(
                "ffmpeg",
                [
                    "-v", "error", "-nostdin", "-y", "-i", input, "-af", "loudnorm=I=-16:TP=-1.5:LRA=20", "-ar",
                    "48000", theirs,
                ]
            )
            let before = try measure(input)
            for (method, path) in [("aegis", ours), ("ffmpeg loudnorm, one pass", theirs)] {
                let after = try measure(path), isOurs = method == "aegis"
                rows += [
                    row(
                        clip,
                        method,
                        "loudness_error",
                        abs(after.loudness + 16),
                        "LU",
                        target: isOurs ? .atMost(0.5) : nil
                    ),
                    row(clip, method, "true_peak", after.peak, "dBTP", target: isOurs ? .atMost(-1) : nil),
                    row(clip, method, "range_change", after.range - before.range, "LU"),
                ]
            }
            let reported = report.stages.first?.metrics.first { $0.name == "loudness" }?.after ?? .nan
            rows.append(
                row(
                    clip,
                    "aegis",
                    "reported_against_ffmpeg",
                    abs(reported - (try measure(ours).loudness)),
                    "LU",
                    target: .atMost(0.2)
                )
            )
        }
        return rows
    }

    private func render(
        _ input: String,
        to output: String,
        _ options: BenchmarkOptions,
        parameters: [String: ParameterValue] = [:]
    ) throws -> RenderReport {
        let catalogue = StageCatalogue([AudioEnhancementPlan.descriptor])
        let context = StageContext(
            modelsDirectory: options.models,
            cacheDirectory: nil,
            coreCount: 2,
            trustsCaller: true
        )
        var request = RenderRequest(
            inputPath: input,
            outputPath: output,
            stages: try catalogue.resolve([StageRequest(name, parameters)]),
            context: context
        )
        request.replacesOutput = true
        return try RenderJob(RenderPlan(request)).run()
    }

    /// What FFmpeg's own meter says.
    private func measure(_ path: String) throws -> (loudness: Double, range: Double, peak: Double) {
        let command = "ffmpeg -nostdin -hide_banner -i \"$1\" -map 0:a -af ebur128=peak=true -f null - 2>&1"
        let output = try ToolRun("sh", ["-c", command, "sh", path]).output
        func last(_ name: String) -> Double {
            let line = output.split(separator: "\n").last { $0.drop { $0 == " " }.hasPrefix(name) }
            return line?.split(separator: " ").dropLast().last.flatMap { Double($0) } ?? .nan
        }
        return (last("I:"), last("LRA:"), last("Peak:"))
    }

    // MARK: - Time

    private func offset(_ options: BenchmarkOptions) throws -> [QualityRow] {
        let moments = [0.6, 1.48, 2.08, 3.52, 4.2, 5.72, 6.4, 7.84, 9.0, 9.6, 11.28, 12.4]
        func pulses(_ length: Double, _ shift: Double) -> String {
            moments.map { "between(t\\,\($0 + shift)\\,\($0 + shift + length))" }.joined(separator: "+")
        }
        return try (options.isSmoke ? [0.12] : [0, 0.12, -0.24, 0.6, -0.52]).map { offset in
            let path = "\(options.scratch)/flashes.mp4"
            let picture = "testsrc=s=320x180:r=25:d=13.2,drawbox=c=white:t=fill:enable=\(pulses(0.1, 0))"
            let sound = "aevalsrc=0.3*sin(2*PI*1000*t)*(\(pulses(0.08, offset)))+0.002*random(0):s=48000:d=13.2"
            _ = try ToolRun(
                "ffmpeg",
                [
                    "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-c:v",
                    "libx264", "-preset", "ultrafast", "-c:a", "aac", path,
                ]
            )
            let report = try render(
                path,
                to: "\(options.scratch)/synced.mp4",
                options,
                parameters: ["denoise": .flag(false)]
            )
            let found = report.stages.first?.metrics.first { $0.name == "av_offset" }?.before ?? .nan
            let name = "flash and beep, \(Int((offset * 1000).rounded())) ms"
            return row(name, "aegis", "offset_error", abs(found - offset * 1000), "ms", target: .atMost(20))
        }
    }

    // MARK: - Speed

    private func speed(_ clips: SoundClips, _ options: BenchmarkOptions) throws -> [QualityRow] {
        let speech = try clips.speech("slt")
        let noisy = SoundClips.mix(speech, try clips.noise("pink", seconds: 20), ratio: 10)
        let other = SoundClips.mix(speech, try clips.noise("white", seconds: 20), ratio: 10)
        let repeats = options.isSmoke ? 1 : 6
        let channels = [noisy, other].map { channel in (0..<repeats).flatMap { _ in channel } }
        let seconds = Double(channels[0].count) / Double(SoundClips.rate)
        let input = "\(options.scratch)/long.wav"
        try clips.write(channels, to: input)
        let clock = ContinuousClock()
        let begin = clock.now
        _ = try render(input, to: "\(options.scratch)/long.m4a", options)
        let ours = seconds / ToolRun.seconds(clock.now - begin)
        let filter = ["-af", "afftdn=nr=20:tn=1,loudnorm=I=-16:TP=-1.5", "-ar", "48000"]
        let tool = try ToolRun(
            "ffmpeg",
            ["-v", "error", "-nostdin", "-y", "-i", input] + filter + ["\(options.scratch)/t.m4a"]
        )
        let theirs = seconds / tool.seconds
        let clip = "noisy stereo, \(Int(seconds)) s"
        return [
            row(clip, "aegis", "times_real_time", ours, target: .atLeast(5)),
            row(clip, "ffmpeg afftdn,loudnorm", "times_real_time", theirs),
            row(clip, "aegis / ffmpeg", "speed_ratio", ours / theirs),
        ]
    }
}
