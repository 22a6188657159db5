internal import FFmpegKit

/// Looks at FFmpeg and at devices that encode.
enum MediaChecks {
    static func all() -> [DoctorCheck] {
        let version = "\(FFmpegLibraries.release) (libavcodec \(FFmpegLibraries.codecVersion))"
        return [DoctorCheck(name: "FFmpeg libraries", state: .ok, detail: version)]
            + EncoderNames.software.map(software) + EncoderNames.hardware.map { hardware($0.device, $0.names) }
    }

    private static func software(_ name: String, _ codec: String) -> DoctorCheck {
        guard !VideoEncoder.isAvailable(name) else {
            return DoctorCheck(name: "\(codec) encoder", state: .ok, detail: name)
        }
        // H.264 is what files become unless somebody wishes otherwise.
        return DoctorCheck(
            name: "\(codec) encoder",
            state: name == "libx264" ? .missing : .absent,
            detail: "this FFmpeg build has no \(name)",
            remedy: "sudo apt-get install libavcodec-extra"
        )
    }

    private static func hardware(_ kind: HardwareDevice.Kind, _ names: [String]) -> DoctorCheck {
        let label = [.cuda: "NVIDIA (NVENC)", .vaapi: "VAAPI", .qsv: "Intel Quick Sync"][kind] ?? kind.rawValue
        let encoders = names.filter(VideoEncoder.isAvailable)
        guard !encoders.isEmpty else {
            return DoctorCheck(name: label, state: .absent, detail: "this FFmpeg build has no encoder for it")
        }
        do throws(FFmpegError) {
            _ = try HardwareDevice(kind)
            return DoctorCheck(name: label, state: .ok, detail: encoders.joined(separator: ", "))
        } catch {
            return DoctorCheck(
                name: label,
                state: .absent,
                detail: "no device opens (\(error.message))",
                remedy: remedy(for: kind)
            )
        }
    }

    private static func remedy(for kind: HardwareDevice.Kind) -> String {
        switch kind {
        case .cuda:
            "with an NVIDIA card (Debian non-free): sudo apt-get install nvidia-driver libnvidia-encode1"
        case .vaapi: "with Intel graphics: sudo apt-get install intel-media-va-driver; with AMD: mesa-va-drivers"
        case .qsv: "with Intel graphics: sudo apt-get install intel-media-va-driver libmfx1"
        }
    }
}
