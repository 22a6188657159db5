/// How noisy the planes of a picture are: standard deviations in code values of 8 bits, whatever the picture's depth.
struct PlaneNoise: Codable, Sendable, Equatable {
    /// Of luma.
    var luma: Float
    /// Of the first chroma plane; 0 without chroma, or where nothing could be measured.
    var firstChroma: Float
    /// Of the second one.
    var secondChroma: Float

    init(luma: Float = 0, firstChroma: Float = 0, secondChroma: Float = 0) {
        (self.luma, self.firstChroma, self.secondChroma) = (luma, firstChroma, secondChroma)
    }

    /// Of a plane by its number.
    subscript(plane: Int) -> Float {
        plane == 0 ? luma : plane == 1 ? firstChroma : secondChroma
    }

    /// Of the noisiest plane.
    var largest: Float { max(luma, firstChroma, secondChroma) }

    /// The median of each plane over several pictures; `nil` without any.
    static func median(of pictures: some Sequence<PlaneNoise>) -> PlaneNoise? {
        func median(_ plane: KeyPath<PlaneNoise, Float>) -> Float? {
            let sorted = pictures.map { $0[keyPath: plane] }.sorted()
            return sorted.isEmpty ? nil : sorted[sorted.count / 2]
        }
        guard let luma = median(\.luma) else { return nil }
        return PlaneNoise(
            luma: luma,
            firstChroma: median(\.firstChroma) ?? 0,
            secondChroma: median(\.secondChroma) ?? 0
        )
    }

    /// With independent noise of one deviation in all planes added.
    func adding(_ deviation: Float) -> PlaneNoise {
        func sum(_ own: Float) -> Float { (own * own + deviation * deviation).squareRoot() }
        return PlaneNoise(luma: sum(luma), firstChroma: sum(firstChroma), secondChroma: sum(secondChroma))
    }
}
