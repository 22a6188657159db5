internal import CFFmpeg

/// What players need to show a picture all around or in depth: how it maps to a sphere, and how two views are packed.
///
/// Opaque: it is kept or dropped as a whole. It describes places in the picture, so it holds only while every place stays
/// where it is. Source: `libavutil/spherical.h`, `libavutil/stereo3d.h`.
public struct ImmersiveMetadata: Sendable, Hashable {
    let spherical: [UInt8]?
    let stereo: [UInt8]?

    init?(spherical: [UInt8]?, stereo: [UInt8]?) {
        guard spherical != nil || stereo != nil else { return nil }
        self.spherical = spherical
        self.stereo = stereo
    }

    /// Whether the picture surrounds the viewer.
    public var isSpherical: Bool { spherical != nil }
    /// Whether it holds a view for each eye.
    public var isStereo: Bool { stereo != nil }

    /// The metadata as libavformat wants it beside a stream.
    var sideData: [(type: AVPacketSideDataType, bytes: [UInt8])] {
        [(AV_PKT_DATA_SPHERICAL, spherical), (AV_PKT_DATA_STEREO3D, stereo)].compactMap { type, bytes in
            bytes.map { (type, $0) }
        }
    }

    /// The packing by Matroska's name for it, which its muxer takes from the tag `stereo_mode` only.
    var matroskaStereoMode: String? {
        guard let stereo, stereo.count >= MemoryLayout<AVStereo3D>.size else { return nil }
        let packing = stereo.withUnsafeBytes { $0.loadUnaligned(as: AVStereo3D.self) }
        let isInverted = packing.flags & AV_STEREO3D_FLAG_INVERT != 0
        switch packing.type {
        case AV_STEREO3D_SIDEBYSIDE: return isInverted ? "right_left" : "left_right"
        case AV_STEREO3D_TOPBOTTOM: return isInverted ? "bottom_top" : "top_bottom"
        case AV_STEREO3D_CHECKERBOARD: return isInverted ? "checkerboard_rl" : "checkerboard_lr"
        case AV_STEREO3D_LINES: return isInverted ? "row_interleaved_rl" : "row_interleaved_lr"
        case AV_STEREO3D_COLUMNS: return isInverted ? "col_interleaved_rl" : "col_interleaved_lr"
        case AV_STEREO3D_FRAMESEQUENCE: return isInverted ? "block_rl" : "block_lr"
        default: return nil
        }
    }
}

extension CodecParameters {
    /// How the container says that the picture is to be shown around or in depth; `nil` for ordinary pictures.
    public var immersiveMetadata: ImmersiveMetadata? {
        ImmersiveMetadata(spherical: bytes(of: AV_PKT_DATA_SPHERICAL), stereo: bytes(of: AV_PKT_DATA_STEREO3D))
    }
}
