internal import Kernels

/// Enlarges luma planes of one size to another: with the network by factors of two and Lanczos for the rest, or with
/// Lanczos alone.
///
/// Confined to one thread; allocates nothing after `init`.
final class LumaEnlarger {
    private let doublers: [LumaDoubler]
    /// The results of the doublers; the last one's only where Lanczos follows.
    private let enlarged: [FloatPlane]
    private var lanczos: PlaneResampler?

    /// Reserves everything.
    ///
    /// - Parameters:
    ///   - width: columns of the planes that are enlarged.
    ///   - height: their rows.
    ///   - resultWidth: columns of the result.
    ///   - resultHeight: its rows.
    ///   - network: the network; `nil` for Lanczos alone.
    ///   - strength: how much of what the network says is added, 0...1.
    init(
        width: Int,
        height: Int,
        resultWidth: Int,
        resultHeight: Int,
        network: UpscalingNetwork?,
        strength: Float
    ) throws {
        var (columns, rows) = (width, height)
        var doublers: [LumaDoubler] = []
        var enlarged: [FloatPlane] = []
        if let network {
            // One code value of a rounded size is not worth another run.
            while columns + 1 < resultWidth || rows + 1 < resultHeight {
                doublers.append(try LumaDoubler(width: columns, height: rows, network: network, strength: strength))
                (columns, rows) = (2 * columns, 2 * rows)
                if columns != resultWidth || rows != resultHeight {
                    enlarged.append(FloatPlane(width: columns, height: rows))
                }
            }
        }
        self.doublers = doublers
        self.enlarged = enlarged
        if columns != resultWidth || rows != resultHeight {
            lanczos = PlaneResampler(
                PlaneResampler.Axis(from: columns, to: resultWidth),
                PlaneResampler.Axis(from: rows, to: resultHeight),
                filter: .lanczos3
            )
        }
    }

    /// How much of what the network says is added, 0...1.
    var strength: Float {
        get { doublers.first?.strength ?? 0 }
        set { for doubler in doublers { doubler.strength = newValue } }
    }

    /// Enlarges a plane.
    ///
    /// - Parameters:
    ///   - source: of the size of `init`.
    ///   - destination: of the result's size.
    ///   - peak: the greatest code value.
    func run(_ source: SamplePlane, into destination: SamplePlane, peak: Int) throws {
        var current = source
        for (index, doubler) in doublers.enumerated() {
            let next = index < enlarged.count ? enlarged[index].plane : destination
            try doubler.run(current, into: next, peak: peak)
            current = next
        }
        lanczos?.run(current, into: destination, peak: peak)
    }
}
