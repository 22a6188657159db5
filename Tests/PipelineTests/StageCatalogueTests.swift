import MediaTestKit
import Pipeline
import Testing

@Suite struct StageCatalogueTests {
    @Test(arguments: [
        ([], []),
        (["upscaling", "noise_reduction"], ["noise_reduction", "upscaling"]),
        (
            ["transform", "upscaling", "filter", "noise_reduction"],
            ["transform", "noise_reduction", "upscaling", "filter"]
        ),
        (
            ["virtual_background", "filter", "transform", "filter", "noise_reduction", "transform"],
            ["noise_reduction", "transform", "virtual_background", "filter", "transform", "filter"]
        ),
        (["filter", "transform", "filter"], ["filter", "transform", "filter"]),
    ])
    func ordersEnhancementsAndKeepsTheOthersWhereTheyAre(given: [String], expected: [String]) throws {
        #expect(try catalogue.ordered(given.map { StageRequest($0) }).map(\.stage) == expected)
    }

    @Test func keepsTheParametersOfRepeatedStages() throws {
        let graphs = ["hue=s=0", "vflip"].map { StageRequest("filter", ["graph": .text($0)]) }
        #expect(try catalogue.ordered(graphs) == graphs)
    }

    @Test func refusesAnEnhancementAskedForTwice() {
        let twice = ["upscaling", "filter", "upscaling"].map { StageRequest($0) }
        #expect(
            throws: StageError(.usage, stage: "upscaling", "is asked for twice; give all its parameters in one place")
        ) {
            try catalogue.ordered(twice)
        }
        #expect(throws: StageError.self) { try catalogue.ordered([StageRequest("unheard_of")]) }
    }

    @Test func resolvesToPlans() throws {
        let requests = try ["upscaling:scale=4", "virtual_background:fail=open", "noise_reduction"]
            .flatMap(catalogue.requests(parsing:))
        let stages = try catalogue.resolve(requests)
        #expect(stages.map(\.descriptor.name) == ["noise_reduction", "upscaling", "virtual_background"])
        #expect(stages[1].parameters.integer("scale") == 4)
        #expect(stages.map(\.failurePolicy) == [.open, .open, .open])
        #expect(try catalogue.resolve([StageRequest("virtual_background")])[0].failurePolicy == .closed)
        let context = StageContext(modelsDirectory: "/nowhere", cacheDirectory: nil, coreCount: 1, trustsCaller: true)
        #expect(try stages[0].makePlan(context).name == "noise_reduction")
        #expect(throws: StageError.self) { try catalogue.resolve([StageRequest("upscaling", ["scale": .number(7)])]) }
    }

    @Test func namesAreUnique() async {
        await #expect(processExitsWith: .failure) {
            _ = StageCatalogue(catalogue.descriptors + [catalogue.descriptors[0]])
        }
    }
}
