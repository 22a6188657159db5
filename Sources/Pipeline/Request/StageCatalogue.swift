/// All stages that this build knows, in the order in which lists show them.
public struct StageCatalogue: Sendable {
    /// The stages.
    public let descriptors: [StageDescriptor]
    private let indices: [String: Int]

    /// Makes a catalogue.
    ///
    /// - Precondition: names are unique.
    public init(_ descriptors: [StageDescriptor]) {
        self.descriptors = descriptors
        var indices: [String: Int] = [:]
        for (index, descriptor) in descriptors.enumerated() {
            precondition(indices[descriptor.name] == nil, "two stages are called \(descriptor.name)")
            indices[descriptor.name] = index
        }
        self.indices = indices
    }

    /// The stage of a name, or `nil`.
    public subscript(name: String) -> StageDescriptor? { indices[name].map { descriptors[$0] } }

    /// The stage of a name.
    ///
    /// - Throws: ``StageError`` with the code `usage` that suggests a name that looks alike.
    public func descriptor(named name: String) throws -> StageDescriptor {
        if let descriptor = self[name] { return descriptor }
        let names = descriptors.map(\.name)
        let hint =
            Spelling.suggestion(for: name, among: names).map { "did you mean '\($0)'?" }
            ?? "known stages: \(names.joined(separator: ", "))"
        throw StageError(.usage, stage: "", "there is no stage '\(name)'; \(hint)")
    }

    /// Reads one value of `--with`: `NAME`, `NAME:key=value:key=value`, or JSON.
    ///
    /// In the short form a `:` separates only before a parameter that the stage knows and its `=`; everything else
    /// belongs to the value, so that `filter:graph=scale=640:-2` needs no quoting. `\:` is a colon that never separates.
    /// Values are not checked here: ``resolve(_:)`` does that.
    ///
    /// - Throws: ``StageError`` with the code `usage`.
    public func requests(parsing argument: String) throws -> [StageRequest] {
        if let first = argument.first(where: { !$0.isWhitespace }), first == "{" || first == "[" || first == "\"" {
            return try StageRequest.list(json: argument)
        }
        return [try ShorthandParser(argument).request(in: self)]
    }

    /// Brings requests into the order in which they run.
    ///
    /// Enhancements run in their canonical order. A stage without a place in it (`transform`, `filter`) stays right after
    /// the stage that it follows in the list, or at the beginning.
    ///
    /// - Throws: ``StageError`` with the code `usage` for an unknown stage or an enhancement that is asked for twice.
    public func ordered(_ requests: [StageRequest]) throws -> [StageRequest] {
        var groups: [(order: Int, members: [StageRequest])] = [(Int.min, [])]
        var seen: Set<String> = []
        for request in requests {
            if let order = try descriptor(named: request.stage).canonicalOrder {
                guard seen.insert(request.stage).inserted else {
                    throw StageError(
                        .usage,
                        stage: request.stage,
                        "is asked for twice; give all its parameters in one place"
                    )
                }
                groups.append((order, [request]))
            } else {
                groups[groups.count - 1].members.append(request)
            }
        }
        // `sort` keeps no promise about equals, and two stages may share a place.
        return groups.enumerated()
            .sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }
            .flatMap(\.element.members)
    }

    /// Orders and checks requests.
    ///
    /// - Throws: ``StageError`` with the code `usage` that names the stage, the parameter, the value and what is allowed.
    public func resolve(_ requests: [StageRequest]) throws -> [ResolvedStage] {
        try ordered(requests).map { request in
            let descriptor = try descriptor(named: request.stage)
            return ResolvedStage(descriptor: descriptor, parameters: try descriptor.check(request.parameters))
        }
    }
}

/// A request that was found right.
public struct ResolvedStage: Sendable {
    /// The stage.
    public let descriptor: StageDescriptor
    /// Its parameters, defaults included.
    public let parameters: StageParameters

    /// Makes the plan.
    ///
    /// - Throws: what ``StageDescriptor/makePlan`` throws.
    public func makePlan(_ context: StageContext) throws -> any StagePlan {
        try descriptor.makePlan(parameters, context)
    }

    /// Plans what the stage does to sound; `nil` when that is nothing.
    ///
    /// - Throws: what ``StageDescriptor/makeAudioPlan`` throws.
    public func makeAudioPlan(_ context: StageContext) throws -> (any AudioStagePlan)? {
        try descriptor.makeAudioPlan?(parameters, context)
    }

    /// What happens to a live frame when the stage fails: the parameter `fail` where there is one, else the stage's own.
    public var failurePolicy: FailurePolicy {
        parameters.text("fail").flatMap(FailurePolicy.init(rawValue:)) ?? descriptor.failurePolicy
    }
}
