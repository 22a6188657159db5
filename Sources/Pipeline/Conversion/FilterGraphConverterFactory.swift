/// Makes conversions with libavfilter: size, layout and orientation in host memory.
public struct FilterGraphConverterFactory: FrameConverterFactory {
    /// Makes a factory.
    public init() {}

    /// Makes a converter.
    ///
    /// - Throws: ``StageError`` for transfers to and from devices, which decoders and encoders do themselves.
    public func makeConverter(_ conversion: Conversion) throws -> any StageInstance {
        guard conversion.kind == .convert else {
            throw StageError(.unavailable, stage: "", "cannot \(conversion.kind.rawValue) frames: \(conversion)")
        }
        guard let graph = FormatConversion.graph(from: conversion.from, to: conversion.to) else {
            return PassingStage()
        }
        return FilterGraphStage(graph, agreement: FormatAgreement(input: conversion.from, output: conversion.to))
    }
}
