internal import CFFmpeg

extension CodecParameters {
    /// Parameters of a coded picture stream as values that can be kept in a file.
    ///
    /// Readable by a process with the same FFmpeg libraries only: the structure is kept byte for byte.
    public struct Archive: Sendable, Codable, Equatable {
        /// The version of libavcodec that wrote it.
        let library: String
        /// The structure without what it points to.
        let structure: [UInt8]
        /// Parameter sets.
        let header: [UInt8]
        /// Display matrix, HDR metadata and their like, by libav's number of the type.
        let sideData: [SideData]

        struct SideData: Sendable, Codable, Equatable {
            let type: UInt32
            let bytes: [UInt8]
        }
    }

    /// These parameters as values to keep.
    ///
    /// - Throws: ``FFmpegError`` for anything but pictures: sound points to more than is kept.
    public func archived() throws(FFmpegError) -> Archive {
        guard pointer.pointee.codec_type == AVMEDIA_TYPE_VIDEO else {
            throw FFmpegError(aegis_error_not_supported, "keep the parameters of a stream that holds no pictures")
        }
        var structure = pointer.pointee
        structure.extradata = nil
        let header = UnsafeBufferPointer(start: pointer.pointee.extradata, count: Int(pointer.pointee.extradata_size))
        return Archive(
            library: FFmpegLibraries.codecVersion,
            structure: withUnsafeBytes(of: &structure) { Array($0) },
            header: Array(header),
            sideData: sideData.map { Archive.SideData(type: $0.type.rawValue, bytes: $0.bytes) }
        )
    }

    /// Brings kept parameters back.
    ///
    /// - Throws: ``FFmpegError`` when another version of the libraries wrote them.
    public static func restored(_ archive: Archive) throws(FFmpegError) -> CodecParameters {
        guard archive.library == FFmpegLibraries.codecVersion,
            archive.structure.count == MemoryLayout<AVCodecParameters>.size
        else {
            throw FFmpegError(aegis_error_not_supported, "use parameters that another version of FFmpeg wrote")
        }
        var structure = AVCodecParameters()
        withUnsafeMutableBytes(of: &structure) { $0.copyBytes(from: archive.structure) }
        let sideData = archive.sideData.map { (type: AVPacketSideDataType(rawValue: $0.type), bytes: $0.bytes) }
        var header = archive.header
        let result: Result<CodecParameters, FFmpegError> = header.withUnsafeMutableBufferPointer { buffer in
            // Lent for the time of the copy, which takes no more than this many bytes.
            structure.extradata = buffer.isEmpty ? nil : buffer.baseAddress
            structure.extradata_size = Int32(buffer.count)
            do throws(FFmpegError) {
                return .success(try CodecParameters(copying: &structure, sideData: sideData))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
