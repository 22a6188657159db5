import FoundationEssentials
import Pipeline
import Testing

@Suite struct StageRequestTests {
    @Test(arguments: [
        ("upscaling", StageRequest("upscaling")),
        ("upscaling:scale=3", StageRequest("upscaling", ["scale": .text("3")])),
        (
            "upscaling:scale=3:model=lanczos",
            StageRequest("upscaling", ["scale": .text("3"), "model": .text("lanczos")])
        ),
        ("filter:graph=scale=640:-2", StageRequest("filter", ["graph": .text("scale=640:-2")])),
        (
            "filter:graph=scale=w=640:h=-2,hue=s=0",
            StageRequest("filter", ["graph": .text("scale=w=640:h=-2,hue=s=0")])
        ),
        (#"filter:graph=a\:graph=b"#, StageRequest("filter", ["graph": .text("a:graph=b")])),
        (#"filter:graph=text=10\\:30\,x\"#, StageRequest("filter", ["graph": .text(#"text=10\:30\,x\"#)])),
        (
            "virtual_background:background=/bilder/Büro: neu.png:strength=1",
            StageRequest("virtual_background", ["background": .text("/bilder/Büro: neu.png"), "strength": .text("1")])
        ),
        (
            "virtual_background:background=https://x/y:strengthen=2",
            StageRequest("virtual_background", ["background": .text("https://x/y:strengthen=2")])
        ),
        ("upscaling:scale=", StageRequest("upscaling", ["scale": .text("")])),
        (#""upscaling""#, StageRequest("upscaling")),
        (
            #" {"stage":"upscaling","scale":2,"model":null}"#,
            StageRequest("upscaling", ["scale": .number(2)])
        ),
        (
            #"{"stage":"noise_reduction","audio":false,"level":"light"}"#,
            StageRequest("noise_reduction", ["audio": .flag(false), "level": .text("light")])
        ),
        (#"{"stage":"x","classes":["face","dog"]}"#, StageRequest("x", ["classes": .text("face,dog")])),
    ])
    func readsTheShortAndTheJSONForm(text: String, expected: StageRequest) throws {
        #expect(try catalogue.requests(parsing: text) == [expected])
    }

    @Test func readsAListOfBothJSONForms() throws {
        let list = try StageRequest.list(json: #" ["noise_reduction", {"stage": "upscaling", "scale": 4}] "#)
        #expect(list == [StageRequest("noise_reduction"), StageRequest("upscaling", ["scale": .number(4)])])
        #expect(try StageRequest.list(json: "[]").isEmpty)
    }

    @Test func isWrittenAsItIsRead() throws {
        for request in [
            StageRequest("upscaling"), StageRequest("x", ["a": .flag(true), "b": .number(0.5), "c": .text("d")]),
        ] {
            let data = try JSONEncoder().encode([request])
            #expect(try JSONDecoder().decode([StageRequest].self, from: data) == [request])
        }
    }

    @Test(arguments: [
        ("", "'' names no stage; write NAME or NAME:parameter=value"),
        (":scale=2", "':scale=2' names no stage; write NAME or NAME:parameter=value"),
        ("upscalling", "there is no stage 'upscalling'; did you mean 'upscaling'?"),
        ("virtual-background", "there is no stage 'virtual-background'; did you mean 'virtual_background'?"),
        ("noise", "there is no stage 'noise'; did you mean 'noise_reduction'?"),
        (
            "teleport",
            "there is no stage 'teleport'; known stages: virtual_background, noise_reduction, upscaling, "
                + "audio_enhancement, color_enhancement, transform, filter"
        ),
        ("upscaling:skale=3", "upscaling: has no parameter 'skale'; did you mean 'scale'?"),
        ("upscaling:zoom=3", "upscaling: has no parameter 'zoom'; it takes scale, model"),
        ("upscaling:3", "upscaling: '3' is not of the form parameter=value; it takes scale, model"),
        ("upscaling:", "upscaling: '' is not of the form parameter=value; it takes scale, model"),
        ("upscaling:scale=2:scale=3", "upscaling: scale is given twice"),
        ("{\"stage\":", "'{\"stage\":' is not JSON; write {\"stage\":\"NAME\",\"parameter\":value}"),
        ("{\"scale\":2}", "an object that asks for a stage needs its name as text in \"stage\""),
        ("[3]", "a stage is a name or an object such as {\"stage\":\"upscaling\",\"scale\":2}"),
        (
            #"{"stage":"upscaling","scale":{"x":1}}"#,
            "upscaling: scale must be text, a number, true or false, or a list of words"
        ),
    ])
    func saysWhatIsWrong(text: String, message: String) throws {
        let error = try #require(throws: StageError.self) { try catalogue.requests(parsing: text) }
        #expect(error.code == .usage)
        #expect(error.description == message)
    }

    @Test func refusesWhatIsNoJSONNumber() {
        for number in ["NaN", "Infinity", "1e999"] {
            #expect(throws: StageError.self) {
                try catalogue.resolve(StageRequest.list(json: #"{"stage":"upscaling","scale":\#(number)}"#))
            }
        }
    }
}
