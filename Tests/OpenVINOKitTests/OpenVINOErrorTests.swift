import Testing

import Inference
@testable import OpenVINOKit

@Suite struct OpenVINOErrorTests {
    @Test func keepsTheNamesOfC() {
        #expect(OpenVINOError.Code.requestBusy.description == "REQUEST_BUSY (-8)")
        #expect(OpenVINOError.Code(rawValue: -17).description == "UNKNOW_EXCEPTION (-17)")
        #expect(OpenVINOError.Code(rawValue: -99).description == "ov_status_e (-99)")
    }

    @Test func isOneLineWithoutSourceLocations() {
        let error = OpenVINOError(
            code: .generalError,
            call: "ov_core_read_model",
            subject: "/models/a.xml",
            message: """
                Exception from src/inference/src/cpp/core.cpp:84:
                Check 'a == b' failed at src/core/src/shape.cpp:12:
                 The shapes differ.\u{20}

                Reshape it.

                """,
        )
        #expect(
            error.description
                == "/models/a.xml: The shapes differ. Reshape it. [ov_core_read_model: GENERAL_ERROR (-1)]"
        )
    }

    @Test func aMessageOfLocationsOnlyIsKept() {
        let error = OpenVINOError(
            code: .generalError,
            call: "f",
            subject: nil,
            message: "Exception from src/a.cpp:1:\n"
        )
        #expect(error.reason == "Exception from src/a.cpp:1:")
    }

    @Test func matchesByCode() {
        let error: any Error = OpenVINOError(code: .notFound, call: "f", subject: nil, message: "")
        #expect(OpenVINOError.Code.notFound ~= error)
        #expect(!(OpenVINOError.Code.requestBusy ~= error))
    }
}
