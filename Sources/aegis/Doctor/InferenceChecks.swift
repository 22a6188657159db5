internal import Inference
internal import OpenVINOKit
internal import RNNoiseKit
internal import Stages

/// Looks at OpenVINO and the networks.
enum InferenceChecks {
    static func all(_ session: Session) -> [DoctorCheck] {
        runtime() + [speechDenoiser()] + models(session.models)
    }

    private static func speechDenoiser() -> DoctorCheck {
        switch SpeechDenoiser.availability {
        case .success: DoctorCheck(name: "RNNoise", state: .ok, detail: "takes noise out of speech")
        case .failure(let error):
            DoctorCheck(
                name: "RNNoise",
                state: .absent,
                detail: "sound cannot be denoised (\(error.reason))",
                remedy: "make setup"
            )
        }
    }

    private static func runtime() -> [DoctorCheck] {
        do throws(OpenVINOError) {
            let core = try OpenVINOCore()
            let devices = try core.availableDevices()
            var checks = [DoctorCheck(name: "OpenVINO", state: .ok, detail: try OpenVINOCore.version())]
            checks += devices.map { DoctorCheck(name: "device \($0.id)", state: .ok, detail: $0.fullName) }
            if !devices.contains(where: { $0.kind == .cpu }) {
                checks.append(
                    DoctorCheck(
                        name: "device CPU",
                        state: .missing,
                        detail: "OpenVINO's CPU plugin is not there",
                        remedy: "make setup"
                    )
                )
            }
            if !devices.contains(where: { $0.kind == .gpu }) {
                checks.append(
                    DoctorCheck(
                        name: "device GPU",
                        state: .absent,
                        detail: "no Intel graphics that OpenVINO can use",
                        remedy: "with Intel graphics: sudo apt-get install intel-opencl-icd"
                    )
                )
            }
            return checks
        } catch {
            return [DoctorCheck(name: "OpenVINO", state: .missing, detail: error.description, remedy: "make setup")]
        }
    }

    private static func models(_ store: ModelStore) -> [DoctorCheck] {
        let known = store.catalogue.entries
        let others = store.names.filter { store.catalogue[$0] == nil }
        return known.map { check($0.name, in: store, isOptional: $0.isOptional) }
            + others.map { check($0, in: store, isOptional: true) }
    }

    private static func check(_ name: String, in store: ModelStore, isOptional: Bool) -> DoctorCheck {
        do throws(ModelError) {
            try store.verify(name)
            let manifest = try store.manifest(of: name)
            let facts = [manifest.title, manifest.licence, "verified"].compactMap(\.self)
            return DoctorCheck(name: "model \(name)", state: .ok, detail: facts.joined(separator: ", "))
        } catch {
            return DoctorCheck(
                name: "model \(name)",
                state: isOptional ? .absent : .missing,
                detail: error.message,
                remedy: error.remedy
            )
        }
    }
}
