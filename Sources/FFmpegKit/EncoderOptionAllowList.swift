/// The encoder options that callers may use who must not reach files, devices or threads of this machine.
///
/// A list of what is allowed, because encoders keep inventing options that write a log, read a table or start a pool:
/// x264's `stats`, x265's `csv`, libaom's `film-grain-table`.
public enum EncoderOptionAllowList {
    /// Why an option may not be used with an encoder; `nil` when it may.
    public static func objection(to option: CodecOption, of encoder: String) -> String? {
        if let allowed = parameters[option.name] {
            return objection(toParameters: option.value, of: option.name, allowed)
        }
        if option.name == "flags" {
            let flags = option.value.split(whereSeparator: { "+-".contains($0) })
            guard let bad = flags.first(where: { !allowedFlags.contains(String($0)) }) else { return nil }
            return "flags=\(bad) is not allowed here"
        }
        let isAllowed = common.contains(option.name) || own[encoder]?.contains(option.name) == true
        return isAllowed ? nil : "the option '\(option.name)' is not allowed here"
    }

    /// Looks into the options that carry further ones: `key=value:key=value`.
    private static func objection(toParameters text: String, of name: String, _ allowed: Set<String>) -> String? {
        // Quoting could hide a name from this list that libavutil would unwrap.
        if text.contains(where: { "\\'\"".contains($0) }) { return "\(name) cannot hold quotes or backslashes here" }
        for field in text.split(separator: ":") {
            let key = String(field.prefix { $0 != "=" })
            // x264 and x265 take both spellings, and switches can be turned round by a prefix.
            var plain = key.replacing("_", with: "-")
            if plain.hasPrefix("no-") { plain.removeFirst(3) }
            if !allowed.contains(plain) { return "'\(key)' in \(name) is not allowed here" }
        }
        return nil
    }

    /// `pass1` and `pass2` are absent: they write and read a log in the working directory.
    private static let allowedFlags: Set<String> = ["cgop", "loop", "mv4", "qpel", "aic", "ildct", "ilme", "low_delay"]

    /// libavcodec's options for all encoders that steer rate, quality and the shape of a group of pictures.
    private static let common: Set<String> = [
        "b", "maxrate", "minrate", "bufsize", "bt", "g", "keyint_min", "bf", "refs", "qmin", "qmax", "qdiff", "qcomp",
        "qblur", "i_qfactor", "b_qfactor", "i_qoffset", "b_qoffset", "q", "q:v", "global_quality",
        "compression_level", "trellis", "me_range", "subq", "cmp", "subcmp", "mbcmp", "profile", "level", "slices",
        "mbd", "rc_init_occupancy", "color_primaries", "color_trc", "colorspace", "color_range",
        "chroma_sample_location",
    ]

    /// The options of single encoders.
    private static let own: [String: Set<String>] = {
        let nvenc: Set<String> = [
            "preset", "tune", "tier", "rc", "rc-lookahead", "cbr", "no-scenecut", "forced-idr", "b_adapt", "spatial-aq",
            "spatial_aq", "temporal-aq", "temporal_aq", "zerolatency", "nonref_p", "strict_gop", "aq-strength", "cq",
            "aud", "bluray-compat", "init_qpP", "init_qpB", "init_qpI", "qp", "qp_cb_offset", "qp_cr_offset",
            "weighted_pred", "coder", "b_ref_mode", "a53cc", "dpb_size", "multipass", "intra-refresh",
        ]
        let vaapi: Set<String> = [
            "low_power", "idr_interval", "b_depth", "max_frame_size", "rc_mode", "qp", "quality", "coder", "aud", "sei",
            "tier", "tiles",
        ]
        let qsv: Set<String> = [
            "preset", "forced_idr", "low_power", "rdo", "max_frame_size", "max_frame_size_i", "max_frame_size_p",
            "max_slice_size", "bitrate_limit", "mbbrc", "extbrc", "adaptive_i", "adaptive_b", "p_strategy",
            "b_strategy", "low_delay_brc", "max_qp_i", "min_qp_i", "max_qp_p", "min_qp_p", "max_qp_b", "min_qp_b",
            "cavlc", "idr_interval", "look_ahead", "look_ahead_depth", "int_ref_type", "int_ref_cycle_size",
            "int_ref_qp_delta", "aud", "gpb", "tile_cols", "tile_rows", "transform_skip",
        ]
        return [
            "libx264": [
                "preset", "tune", "fastfirstpass", "wpredp", "a53cc", "crf", "crf_max", "qp", "aq-mode", "aq-strength",
                "psy", "psy-rd", "rc-lookahead", "weightb", "weightp", "ssim", "intra-refresh", "bluray-compat",
                "b-bias", "b-pyramid", "mixed-refs", "8x8dct", "fast-pskip", "aud", "mbtree", "deblock", "cplxblur",
                "partitions", "direct-pred", "slice-max-size", "nal-hrd", "avcintra-class", "me_method", "motion-est",
                "forced-idr", "coder", "b_strategy", "chromaoffset", "sc_threshold", "noise_reduction",
            ],
            "libx265": ["preset", "tune", "crf", "qp", "forced-idr"],
            "libsvtav1": ["preset", "crf", "qp", "la_depth", "tier", "sc_detection", "tile_columns", "tile_rows"],
            "libaom-av1": [
                "cpu-used", "auto-alt-ref", "lag-in-frames", "arnr-max-frames", "arnr-strength", "aq-mode",
                "error-resilience", "crf", "static-thresh", "drop-threshold", "denoise-noise-level",
                "denoise-block-size", "undershoot-pct", "overshoot-pct", "minsection-pct", "maxsection-pct",
                "frame-parallel", "tiles", "tile-columns", "tile-rows", "usage", "tune", "still-picture",
            ],
            "libvpx": [
                "lag-in-frames", "arnr-maxframes", "arnr-strength", "tune", "deadline", "error-resilient", "crf",
                "max-intra-rate", "static-thresh", "drop-threshold", "noise-sensitivity", "undershoot-pct",
                "overshoot-pct", "auto-alt-ref", "cpu-used", "quality", "speed", "sharpness",
            ],
            "libvpx-vp9": [
                "lag-in-frames", "arnr-maxframes", "arnr-strength", "tune", "deadline", "error-resilient", "crf",
                "max-intra-rate", "static-thresh", "drop-threshold", "noise-sensitivity", "undershoot-pct",
                "overshoot-pct", "auto-alt-ref", "cpu-used", "lossless", "tile-columns", "tile-rows", "frame-parallel",
                "aq-mode", "tune-content", "corpus-complexity", "enable-tpl", "quality", "speed", "sharpness",
            ],
            "h264_nvenc": nvenc, "hevc_nvenc": nvenc, "av1_nvenc": nvenc,
            "h264_vaapi": vaapi, "hevc_vaapi": vaapi, "av1_vaapi": vaapi,
            "h264_qsv": qsv, "hevc_qsv": qsv, "av1_qsv": qsv,
            "mjpeg": ["huffman"], "png": ["dpi", "dpm", "pred"],
            "libwebp": ["lossless", "preset", "quality", "cr_threshold", "cr_size"],
            "ffv1": ["slicecrc", "coder", "context"],
            "prores_ks": ["mbs_per_slice", "vendor", "bits_per_mb", "quant_mat", "alpha_bits"],
        ]
    }()

    /// What may stand inside the options that carry the library's own ones, with `-` between words.
    ///
    /// Absent because of files: `stats`, `pass`, `qpfile`, `cqmfile`, `dump-yuv`, `csv`, `analysis-save`, `recon`,
    /// `zonefile`, `scaling-list`, `lambda-file`, `dhdr10-info`, `film-grain-table`, `fgs-table` …; absent because of
    /// threads: `threads`, `pools`, `frame-threads`, `lp`, `pin`.
    private static let parameters: [String: Set<String>] = {
        let x264: Set<String> = [
            "preset", "tune", "profile", "level", "keyint", "min-keyint", "scenecut", "intra-refresh", "bframes",
            "b-adapt", "b-bias", "b-pyramid", "open-gop", "cabac", "ref", "deblock", "nf", "slices", "slice-max-size",
            "slice-max-mbs", "tff", "bff", "constrained-intra", "pulldown", "fake-interlaced", "qp", "crf", "bitrate",
            "rc-lookahead", "vbv-maxrate", "vbv-bufsize", "vbv-init", "crf-max", "qpmin", "qpmax", "qpstep", "ratetol",
            "ipratio", "pbratio", "chroma-qp-offset", "aq-mode", "aq-strength", "mbtree", "qcomp", "cplxblur", "qblur",
            "partitions", "direct", "weightb", "weightp", "me", "merange", "mvrange", "subme", "psy-rd", "psy",
            "mixed-refs", "chroma-me", "8x8dct", "trellis", "fast-pskip", "dct-decimate", "nr", "deadzone-inter",
            "deadzone-intra", "cqm", "overscan", "videoformat", "range", "colorprim", "transfer", "colormatrix",
            "chromaloc", "nal-hrd", "filler", "pic-struct", "crop-rect", "aud", "force-cfr", "mastering-display", "cll",
            "stitchable", "bluray-compat", "frame-packing", "log", "log-level", "psnr", "ssim",
        ]
        let x265: Set<String> = [
            "preset", "tune", "profile", "level-idc", "high-tier", "ref", "allow-non-conformance", "rd", "ctu",
            "min-cu-size", "limit-refs", "limit-modes", "rect", "amp", "early-skip", "rskip", "fast-intra", "b-intra",
            "cu-lossless", "tskip-fast", "rd-refine", "analyze-src-pics", "tskip", "rdoq-level", "tu-intra-depth",
            "tu-inter-depth", "limit-tu", "nr-intra", "nr-inter", "constrained-intra", "max-merge", "me", "subme",
            "merange", "temporal-mvp", "weightp", "weightb", "hme", "strong-intra-smoothing", "psy-rd", "psy-rdoq",
            "open-gop", "keyint", "min-keyint", "scenecut", "scenecut-bias", "intra-refresh", "rc-lookahead",
            "gop-lookahead", "lookahead-slices", "b-adapt", "bframes", "bframe-bias", "b-pyramid", "bitrate", "crf",
            "crf-max", "crf-min", "vbv-bufsize", "vbv-maxrate", "vbv-init", "vbv-end", "qp", "lossless", "aq-mode",
            "aq-strength", "aq-motion", "qg-size", "cutree", "strict-cbr", "cbqpoffs", "crqpoffs", "ipratio", "pbratio",
            "qcomp", "qpstep", "qpmin", "qpmax", "rc-grain", "const-vbv", "qblur", "cplxblur", "signhide", "deblock",
            "sao", "sao-non-deblock", "limit-sao", "selective-sao", "sar", "display-window", "overscan", "videoformat",
            "range", "colorprim", "transfer", "colormatrix", "chromaloc", "master-display", "max-cll", "cll", "hdr10",
            "hdr10-opt", "hdr", "hdr-opt", "min-luma", "max-luma", "annexb", "repeat-headers", "aud", "eob", "eos",
            "hrd", "info", "hash", "temporal-layers", "log2-max-poc-lsb", "vui-timing-info", "vui-hrd-info",
            "opt-qp-pps", "opt-ref-list-length-pps", "multi-pass-opt-rps", "opt-cu-delta-qp", "idr-recovery-sei",
            "single-sei", "slices", "interlace", "fades", "hist-scenecut", "dynamic-rd", "splitrd-skip", "ssim-rd",
            "field", "uhd-bd", "log-level", "log", "psnr", "ssim",
        ]
        let svt: Set<String> = [
            "preset", "profile", "level", "tier", "crf", "qp", "rc", "tbr", "mbr", "aq-mode", "max-qp", "min-qp",
            "bias-pct", "vbv-bufsize", "buf-sz", "buf-initial-sz", "buf-optimal-sz", "undershoot-pct",
            "overshoot-pct", "recode-loop", "keyint", "irefresh-type", "scd", "lookahead", "hierarchical-levels",
            "pred-struct", "tile-rows", "tile-columns", "enable-dlf", "enable-cdef", "enable-restoration",
            "enable-tpl-la",
            "enable-mfmv", "enable-tf", "enable-overlays", "tune", "scm", "film-grain", "film-grain-denoise",
            "superres-mode", "superres-denom", "superres-kf-denom", "superres-qthres", "superres-kf-qthres",
            "fast-decode", "color-primaries", "transfer-characteristics", "matrix-coefficients", "color-range",
            "chroma-sample-position", "mastering-display", "content-light", "enable-hdr",
        ]
        let aom: Set<String> = [
            "cpu-used", "end-usage", "cq-level", "target-bitrate", "min-q", "max-q", "undershoot-pct", "overshoot-pct",
            "buf-sz", "buf-initial-sz", "buf-optimal-sz", "kf-min-dist", "kf-max-dist", "lag-in-frames", "aq-mode",
            "deltaq-mode", "enable-cdef", "enable-restoration", "enable-qm", "qm-min", "qm-max", "sharpness", "tune",
            "tune-content", "tile-columns", "tile-rows", "row-mt", "arnr-maxframes", "arnr-strength", "film-grain-test",
            "denoise-noise-level", "denoise-block-size", "color-primaries", "transfer-characteristics",
            "matrix-coefficients", "chroma-sample-position", "enable-fwd-kf", "enable-keyframe-filtering",
            "enable-tpl-model", "disable-trellis-quant", "lossless", "reduced-tx-type-set", "auto-alt-ref",
        ]
        return [
            "x264-params": x264, "x264opts": x264, "x265-params": x265, "svtav1-params": svt,
            "aom-params": aom,
        ]
    }()
}
