/// The colours of skin: one hue for all people, from pale to dark.
enum Skin {
    /// How much a signal (R'G'B', 0...1) looks like skin: 0 not at all, 1 fully.
    static func weight(_ color: SIMD3<Float>) -> Float {
        let largest = color.x, smallest = color.z
        // Red above green above blue: hues of 0° to 60°.
        guard largest > color.y, color.y > smallest, largest > 0.15 else { return 0 }
        let chroma = largest - smallest
        let hue = 60 * (color.y - smallest) / chroma
        let saturation = chroma / largest
        let byHue = 1 - min(abs(hue - 24) / 20, 1)
        // Grey has no hue, and a red car is no face.
        let bySaturation = min(max((saturation - 0.08) / 0.12, 0), 1) * min(max((0.8 - saturation) / 0.2, 0), 1)
        return byHue * bySaturation
    }
}
