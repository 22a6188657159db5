/// Where the samples of a frame live.
public enum MemoryDomain: Hashable, Sendable {
    /// In ordinary memory: planes can be lent to stages.
    case host
    /// On a device, behind a libav hardware frames context of the named type (`cuda`, `vaapi`, `qsv` …).
    case hardware(String)
}

/// How a picture must be turned to be seen upright, as phones record it.
public enum Orientation: Int, Hashable, Sendable, CaseIterable {
    /// Already upright.
    case upright = 0
    /// Turn by 90° clockwise to see it upright.
    case clockwise90 = 90
    /// Turn by 180°.
    case half = 180
    /// Turn by 270° clockwise.
    case clockwise270 = 270

    /// Whether turning swaps width and height.
    public var swapsAxes: Bool { self == .clockwise90 || self == .clockwise270 }
}

/// Everything two neighbours in a pipeline must agree on about pictures.
public struct VideoFormat: Hashable, Sendable {
    /// Width in luma samples.
    public var width: Int
    /// Height in luma samples.
    public var height: Int
    /// Layout of the samples.
    public var pixelFormat: PixelFormat
    /// Meaning of the samples.
    public var color: ColorDescription
    /// Shape of one sample; 1/1 when square or unknown.
    public var sampleAspectRatio: Rational
    /// How the samples must be turned to be seen upright; the samples themselves are as coded.
    public var orientation: Orientation
    /// Whether the samples must also be mirrored left to right, before they are turned, to be seen as they are meant.
    public var isMirrored: Bool
    /// Where the samples live.
    public var memory: MemoryDomain
    /// Nominal pictures a second; `nil` when unknown or when the distance between pictures has no rule.
    ///
    /// Says what filters and encoders may plan with. When each picture is shown, its own time alone decides.
    public var frameRate: Rational?

    /// Makes a format.
    public init(
        width: Int,
        height: Int,
        pixelFormat: PixelFormat,
        color: ColorDescription = .unspecified,
        sampleAspectRatio: Rational = Rational(1, 1),
        orientation: Orientation = .upright,
        isMirrored: Bool = false,
        memory: MemoryDomain = .host,
        frameRate: Rational? = nil
    ) {
        self.width = width
        self.height = height
        self.pixelFormat = pixelFormat
        self.color = color
        self.sampleAspectRatio = sampleAspectRatio
        self.orientation = orientation
        self.isMirrored = isMirrored
        self.memory = memory
        self.frameRate = frameRate
    }
}

extension VideoFormat {
    /// Whether the samples are as they are seen.
    public var isUpright: Bool { orientation == .upright && !isMirrored }

    /// The format of the picture once it was turned as it is seen.
    public var upright: VideoFormat {
        var format = self
        format.orientation = .upright
        format.isMirrored = false
        if orientation.swapsAxes {
            (format.width, format.height) = (height, width)
            if sampleAspectRatio.numerator > 0 {
                format.sampleAspectRatio = Rational(sampleAspectRatio.denominator, sampleAspectRatio.numerator)
            }
        }
        return format
    }
}

extension VideoFormat: CustomStringConvertible {
    /// Size, layout and rate, for example `1280×720 yuv420p, 25 fps`.
    public var description: String {
        let place = if case .hardware(let name) = memory { " on \(name)" } else { "" }
        let rate = frameRate.map { ", \($0.decimal) fps" }
        return "\(width)×\(height) \(pixelFormat.rawValue)\(place)\(rate ?? "")"
    }
}
