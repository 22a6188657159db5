/// The filters that callers may use who must not reach files, sockets, devices or unbounded memory of this machine.
///
/// A list of what is allowed, because a list of what is forbidden is never complete: dozens of filters can write a log,
/// read a table or open a device.
public enum FilterAllowList {
    /// Filters that work on pictures alone, by FFmpeg's names.
    public static let names: Set<String> = [
        "addroi", "amplify", "atadenoise", "avgblur", "bilateral", "bitplanenoise", "bm3d", "boxblur", "bwdif", "cas",
        "chromahold", "chromanr", "chromashift", "codecview", "colorbalance", "colorchannelmixer", "colorcontrast",
        "colorcorrect", "colorhold", "colorize", "colorkey", "colorlevels", "colorspace", "colortemperature",
        "convolution",
        "copy", "crop", "dblur", "deband", "deblock", "decimate", "deflicker", "dejudder", "delogo", "despill",
        "dilation",
        "drawbox", "drawgrid", "edgedetect", "elbg", "entropy", "epx", "eq", "erosion", "estdif", "exposure", "fade",
        "fftdnoiz", "fftfilt", "field", "fieldmatch", "fieldorder", "fillborders", "format", "fps", "framerate",
        "framestep", "gblur", "gradfun", "grayworld", "greyedge", "histeq", "hflip", "hqdn3d", "hqx", "hsvhold",
        "hsvkey",
        "hue", "huesaturation", "idet", "il", "inflate", "deflate", "interlace", "kerndeint", "kirsch", "lagfun",
        "lenscorrection", "limiter", "lumakey", "lut", "lutrgb", "lutyuv", "maskfun", "mcdeint", "median", "mestimate",
        "minterpolate", "monochrome", "mpdecimate", "negate", "nlmeans", "noformat", "noise", "normalize", "null",
        "oscilloscope", "owdenoise", "pad", "perspective", "phase", "photosensitivity", "pixelize", "pp", "pp7",
        "prewitt", "pseudocolor", "pullup", "repeatfields", "rgbashift", "roberts", "rotate", "sab", "scale", "scharr",
        "scroll", "select", "separatefields", "setdar", "setfield", "setparams", "setpts", "setrange", "setsar",
        "shear",
        "showinfo", "shuffleplanes", "smartblur", "sobel", "spp", "super2xsai", "swaprect", "swapuv", "tblend",
        "telecine",
        "thistogram", "threshold", "tinterlace", "tmedian", "tmidequalizer", "tmix", "tonemap", "transpose", "trim",
        "unsharp", "uspp", "vaguedenoiser", "vflip", "vibrance", "vignette", "w3fdif", "weave", "xbr", "yadif",
        "yaepblur",
        "zoompan", "zscale", "split", "overlay", "hstack", "vstack", "blend", "alphamerge", "alphaextract",
        "extractplanes",
        "mergeplanes",
    ]

    /// Filters of the list that show places of the picture elsewhere than they were.
    private static let moving: Set<String> = [
        "crop", "pad", "hflip", "vflip", "transpose", "rotate", "shear", "perspective", "lenscorrection", "zoompan",
        "scroll", "swaprect", "hstack", "vstack",
    ]

    /// Whether every place of the picture stays where it is, relative to its size. A filter that nobody looked at may
    /// move anything.
    public static func keepsPlaces(_ graph: String) -> Bool {
        parse(graph).names.allSatisfy { names.contains($0) && !moving.contains($0) }
    }

    /// Why a graph may not be used; `nil` when it may.
    public static func objection(to graph: String) -> String? {
        let (found, readsOptionsFromFiles) = parse(graph)
        if let name = found.first(where: { !names.contains($0) }) {
            return "the filter '\(name)' is not allowed here"
        }
        // Later versions of libavfilter read the value of `/option=` from a file.
        return readsOptionsFromFiles ? "options cannot be read from files here" : nil
    }

    /// The filters that a description names, by libavfilter's grammar: `[label]name@instance=arguments[label]`, separated
    /// by `,` or `;`, with `\\` and `'…'` for quoting.
    static func parse(_ graph: String) -> (names: [String], readsOptionsFromFiles: Bool) {
        var names: [String] = []
        var name = ""
        var readsFiles = false
        var isInName = true
        var isQuoted = false
        var isInLabel = false
        var atOptionStart = false
        var characters = graph.makeIterator()
        func finish() {
            let plain = name.split(separator: "@", omittingEmptySubsequences: false).first.map(String.init) ?? ""
            let trimmed = plain.filter { !$0.isWhitespace }
            if !trimmed.isEmpty { names.append(trimmed) }
            name = ""
        }
        while let character = characters.next() {
            if isQuoted {
                if character == "'" { isQuoted = false } else if isInName { name.append(character) }
                continue
            }
            switch character {
            case "\\":
                if let next = characters.next(), isInName { name.append(next) }
            case "'": isQuoted = true
            case "[": isInLabel = true
            case "]": isInLabel = false
            case ",", ";":
                finish()
                isInName = true
            case "=" where isInName && !isInLabel:
                isInName = false
                atOptionStart = true
                continue
            default:
                if isInLabel { continue }
                if isInName { name.append(character) }
                if atOptionStart && character == "/" { readsFiles = true }
            }
            atOptionStart = !isInName && (character == ":" || atOptionStart && character.isWhitespace)
        }
        finish()
        return (names, readsFiles)
    }
}
