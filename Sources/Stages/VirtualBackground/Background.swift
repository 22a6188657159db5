internal import FFmpegKit
internal import Kernels
internal import MediaCore
internal import Pipeline

/// What is shown behind people; shared by all instances of a plan.
enum Background: Sendable {
    /// The frame itself without the people in it, blurred.
    case blur
    /// One colour.
    case color(BackgroundColor)
    /// A picture.
    case picture(StillBackground)
    /// A video.
    case video(BackgroundVideo)

    /// Reads the parameter and opens what it names.
    ///
    /// - Throws: ``StageError`` that names the parameter, the value and the remedy.
    init(_ parameter: String, resolvingAssetsWith resolve: (String) throws -> String) throws {
        if parameter == "blur" {
            self = .blur
        } else if let color = BackgroundColor(parsing: parameter) {
            self = .color(color)
        } else {
            self = try Self.open(parameter, at: try resolve(parameter))
        }
    }

    private static func open(_ name: String, at path: String) throws -> Background {
        let remedy = "give blur, a colour #RRGGBB, or an image or video"
        do {
            let file = try BackgroundFile(path: path)
            guard let first = try file.next() else {
                throw VirtualBackgroundError.usage("background=\(name) holds no picture that can be decoded; \(remedy)")
            }
            // One picture is an image, whatever its container calls itself.
            guard try file.next() != nil, let loop = try BackgroundFile(path: path).measure() else {
                return .picture(StillBackground(first))
            }
            return .video(BackgroundVideo(path: path, loop: loop))
        } catch let error as StageError {
            throw error
        } catch FFmpegError.Code.noSuchFile {
            throw VirtualBackgroundError.usage("background=\(name) does not exist; \(remedy)")
        } catch FFmpegError.Code.decoderNotFound {
            throw VirtualBackgroundError.unavailable(
                "background=\(name) is coded in a way that this machine's FFmpeg cannot decode; convert it to PNG or H.264"
            )
        } catch let error as FFmpegError {
            throw VirtualBackgroundError.usage("background=\(name) cannot be read: \(error.message); \(remedy)")
        }
    }
}

/// The background of one stream of frames.
enum BackgroundFeed {
    /// Computed from each frame.
    case blur
    /// The same colour always.
    case color(CodeValues)
    /// The same picture always.
    case picture(BackgroundPicture)
    /// The picture that belongs to the frame's time.
    case video(BackgroundVideoReader)

    init(_ background: Background, format: VideoFormat) throws {
        switch background {
        case .blur: self = .blur
        case .color(let color): self = .color(color.codeValues(in: format))
        case .picture(let source): self = .picture(try source.picture(for: format))
        case .video(let video): self = .video(try BackgroundVideoReader(video, format: format))
        }
    }

    /// Chooses what belongs to a time of the foreground.
    ///
    /// - Throws: what reading a video throws.
    func choose(at time: MediaTime) throws {
        if case .video(let reader) = self { try reader.show(at: time) }
    }

    /// Lends what was chosen; `nil` is the blurred frame.
    func withBackdrop(_ body: (Compositor.Backdrop?) -> Void) {
        switch self {
        case .blur: body(nil)
        case .color(let values): body(.color(y: values.luma, u: values.first, v: values.second))
        case .picture(let picture): picture.frame.withFramePlanes { body(.picture($0)) }
        case .video(let reader): reader.picture.withFramePlanes { body(.picture($0)) }
        }
    }
}
