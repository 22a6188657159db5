import Foundation

extension QualityClip {
    /// Room that the camera has around the frame to move in, left and right together.
    static let marginX = 120
    /// The same, above and below together.
    static let marginY = 68
    /// Rows of the cutout that show head and shoulders alone, without the helmet.
    static let bustRows = 345
    /// The top of the head in the cutout.
    private static let headTop = SIMD2<Double>(225, 15)
    private static let cutoutWidth = 512.0

    /// Somebody in a frame.
    struct Person {
        var placement: AffinePlacement
        var isMirrored = false
        /// Whether the whole cutout is used, helmet and all.
        var holdsHelmet = false
    }

    /// Where the camera looks in a frame: the background's point in the corner of the picture.
    func camera(at frame: Int) -> SIMD2<Double> {
        let t = Double(frame)
        let middle = SIMD2(Double(Self.marginX / 2), Double(Self.marginY / 2))
        switch action {
        case .still: return middle
        case .pan: return middle + SIMD2(25 * sin(t * 0.09), 3 * sin(t * 0.13))
        default: return middle + SIMD2(4 * sin(t * 0.11), 3 * sin(t * 0.13))
        }
    }

    /// Who is in a frame, back to front.
    func people(at frame: Int) -> [Person] {
        let t = Double(frame)
        // Head and shoulders must reach below the frame, else the cut would show.
        let lowered = max(Double(height) + 18 - 330 * scale * 0.97, top)
        switch action {
        case .nobody: return []
        case .still: return [person(scale, center, lowered)]
        case .sway, .pan:
            let x = center + 28 * sin(t * 0.17) + 6 * sin(t * 0.53)
            return [person(scale * (1 + 0.03 * sin(t * 0.07)), x, lowered + 8 * sin(t * 0.23), 0.03 * sin(t * 0.14))]
        case .fast:
            return [person(scale, center + 240 - 240 * cos(t * 0.1), lowered + 6 * sin(t * 0.3), 0.04 * sin(t * 0.2))]
        case .two:
            var second = person(scale * 0.92, center + 520 + 15 * sin(t * 0.2 + 1), lowered + 0.08 * 330 * scale)
            second.isMirrored = true
            second.placement.anchor.x = Self.cutoutWidth - Self.headTop.x
            return [person(scale, center + 20 * sin(t * 0.15), lowered, 0.02 * sin(t * 0.1)), second]
        case .holding:
            var holder = person(scale, center + 20 * sin(t * 0.15), top)
            holder.holdsHelmet = true
            return [holder]
        }
    }

    private func person(_ scale: Double, _ x: Double, _ y: Double, _ rotation: Double = 0) -> Person {
        Person(
            placement: AffinePlacement(anchor: Self.headTop, target: SIMD2(x, y), scale: scale, rotation: rotation)
        )
    }
}
