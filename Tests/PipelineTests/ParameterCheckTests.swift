import Pipeline
import Testing

@Suite struct ParameterCheckTests {
    @Test func fillsInDefaults() throws {
        let descriptor = try catalogue.descriptor(named: "virtual_background")
        let parameters = try descriptor.check(["strength": .text("0.25")])
        #expect(parameters.number("strength") == 0.25)
        #expect(parameters.text("background") == "blur")
        #expect(parameters.text("fail") == "closed")
        #expect(try catalogue.descriptor(named: "color_enhancement").check([:]).values.isEmpty)
    }

    @Test(arguments: [
        ("upscaling", "scale", ParameterValue.text("4"), ParameterValue.number(4)),
        ("upscaling", "scale", .text("3.0"), .number(3)),
        ("upscaling", "scale", .number(2), .number(2)),
        ("virtual_background", "strength", .text("1e-1"), .number(0.1)),
        ("virtual_background", "background", .text("#00fF7a"), .text("#00fF7a")),
        ("virtual_background", "background", .text("beach.png"), .text("beach.png")),
        ("noise_reduction", "audio", .text("off"), .flag(false)),
        ("noise_reduction", "audio", .text("1"), .flag(true)),
        ("noise_reduction", "audio", .flag(false), .flag(false)),
        ("audio_enhancement", "sync", .number(-40), .text("-40")),
        ("audio_enhancement", "sync", .number(12.5), .text("12.5")),
        ("audio_enhancement", "loudness", .text("-23"), .number(-23)),
        ("color_enhancement", "limit", .number(1e300), .number(1e300)),
        ("color_enhancement", "lut", .text("warm.cube"), .text("warm.cube")),
    ])
    func acceptsWhatIsInRange(stage: String, name: String, given: ParameterValue, kept: ParameterValue) throws {
        let parameters = try catalogue.descriptor(named: stage).check([name: given])
        #expect(parameters.values[name] == kept)
    }

    @Test(arguments: [
        ("upscaling", ["scale": ParameterValue.text("9")], "scale must be a whole number from 2 to 4, not '9'"),
        ("upscaling", ["scale": .number(2.5)], "scale must be a whole number from 2 to 4, not 2.5"),
        ("upscaling", ["scale": .text("0x3")], "scale must be a whole number from 2 to 4, not '0x3'"),
        ("upscaling", ["scale": .text("")], "scale must be a whole number from 2 to 4, not ''"),
        ("upscaling", ["scale": .flag(true)], "scale must be a whole number from 2 to 4, not true"),
        ("upscaling", ["scale": .number(1e300)], "scale must be a whole number from 2 to 4, not 1e+300"),
        ("upscaling", ["scale": .text("2:modle=lanczos")], "has no parameter 'modle'; did you mean 'model'?"),
        ("upscaling", ["modle": .text("x"), "abc": .text("y")], "has no parameter 'abc'; it takes scale, model"),
        (
            "upscaling", ["model": .text("lancos")],
            "model must be one of neural, lanczos, not 'lancos'; did you mean 'lanczos'?"
        ),
        ("upscaling", ["model": .text("x")], "model must be one of neural, lanczos, not 'x'"),
        ("upscaling", ["model": .number(3)], "model must be one of neural, lanczos, not 3"),
        ("virtual_background", ["strength": .text("nan")], "strength must be a number from 0 to 1, not 'nan'"),
        ("virtual_background", ["strength": .text("inf")], "strength must be a number from 0 to 1, not 'inf'"),
        ("virtual_background", ["strength": .number(.nan)], "strength must be a number from 0 to 1, not nan"),
        ("virtual_background", ["strength": .text("0,5")], "strength must be a number from 0 to 1, not '0,5'"),
        (
            "virtual_background", ["background": .text("#12345g")],
            "background must be blur, a colour #RRGGBB, the name of an image or video, not '#12345g'"
        ),
        ("noise_reduction", ["audio": .text("maybe")], "audio must be true or false, not 'maybe'"),
        ("noise_reduction", ["audio": .number(1)], "audio must be true or false, not 1"),
        ("audio_enhancement", ["loudness": .number(3)], "loudness must be a number from -40 to 0 LUFS, not 3"),
        ("color_enhancement", ["limit": .number(-1)], "limit must be a number of at least 0, not -1"),
        ("color_enhancement", ["lut": .text("")], "lut must be the name of a .cube file, not ''"),
        ("color_enhancement", ["lut": .number(3)], "lut must be the name of a .cube file, not 3"),
        ("filter", [:], "needs graph: text such as 'scale=640:-2'"),
        ("filter", ["graph": .text("a\0b")], "graph must be text such as 'scale=640:-2', not 'a\0b'"),
        ("filter", ["graph": .number(.infinity)], "graph must be text such as 'scale=640:-2', not inf"),
    ])
    func namesParameterValueAndRange(stage: String, given: [String: ParameterValue], message: String) throws {
        let descriptor = try catalogue.descriptor(named: stage)
        let error = try #require(throws: StageError.self) { try descriptor.check(given) }
        #expect(error == StageError(.usage, stage: stage, message))
    }

    @Test func readingAnotherKindTraps() async {
        await #expect(processExitsWith: .failure) {
            _ = StageParameters(checked: ["scale": .number(2)]).flag("scale")
        }
        await #expect(processExitsWith: .failure) { _ = StageParameters(checked: [:]).number("scale") }
    }
}
