internal import FFmpegKit
internal import MediaCore
public import Pipeline

/// Makes converters that emit a flat picture of the wanted format with the time of the original.
///
/// Thread-safe; remembers what it was asked for.
public final class FakeConverterFactory: FrameConverterFactory {
    private let asked = Collected<Conversion>()

    /// Makes a factory.
    public init() {}

    /// Every conversion that was asked for, in order.
    public var conversions: [Conversion] { asked.all }

    /// Makes a converter.
    public func makeConverter(_ conversion: Conversion) throws -> any StageInstance {
        asked.append(conversion)
        let pool = VideoFramePool(format: conversion.to)
        let pixelFormat = conversion.to.pixelFormat
        return FakeStage(process: { frame, output in
            var converted = try pool.makeFrame(timebase: frame.timebase)
            try converted.copyProperties(of: frame)
            for plane in 0..<pixelFormat.planeCount {
                let components = plane > 0 && pixelFormat.hasInterleavedChroma ? 2 : 1
                converted.withPlane(plane) { view in
                    let rowBytes = view.width * components * pixelFormat.bytesPerSample
                    for y in 0..<view.height { (view.base + y * view.stride).update(repeating: 0, count: rowBytes) }
                }
            }
            output.emit(converted.freeze())
        })
    }
}
