// swift-tools-version: 6.2
import PackageDescription

// Everything the package needs from outside is a C library of the system or of the private set-up directory that
// `scripts/setup` fills: Swift packages cannot be fetched where Aegis is built.
let setupDirectory = Context.environment["AEGIS_SETUP"] ?? Context.packageDirectory + "/.setup"
let openVINOInclude = setupDirectory + "/openvino/include"
let openVINOLibraries = setupDirectory + "/openvino/lib"

/// The settings that every Swift target of the house shares.
let houseSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]

/// Lets the Clang importer of a target that sees `COpenVINO`, directly or through a dependency, find the headers.
let openVINOHeaders: SwiftSetting = .unsafeFlags(["-Xcc", "-I" + openVINOInclude])

/// `rpath` entries: the set-up directory for a checkout, `../lib/aegis` beside an installed binary. RNNoise is not linked
/// but opened when it is needed, by the same paths.
let openVINOLinking: [LinkerSetting] = [
    .unsafeFlags([
        "-L" + openVINOLibraries,
        "-Xlinker", "-rpath", "-Xlinker", "$ORIGIN/../lib/aegis",
        "-Xlinker", "-rpath", "-Xlinker", openVINOLibraries,
        "-Xlinker", "-rpath", "-Xlinker", setupDirectory + "/rnnoise",
    ])
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: houseSettings + [openVINOHeaders])
}

func program(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies,
        path: path,
        swiftSettings: houseSettings + [openVINOHeaders],
        linkerSettings: openVINOLinking
    )
}

func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests",
        dependencies: [.init(stringLiteral: name), "MediaTestKit"] + dependencies,
        swiftSettings: houseSettings + [openVINOHeaders],
        linkerSettings: openVINOLinking
    )
}

let package = Package(
    name: "aegis",
    products: [
        .executable(name: "aegis", targets: ["aegis"]),
        .executable(name: "aegis-bench", targets: ["aegis-bench"]),
    ],
    targets: [
        // C libraries: module maps and static-inline shims.
        .systemLibrary(
            name: "CFFmpeg",
            pkgConfig: "libavformat libavfilter libavcodec libswscale libswresample libavutil",
            providers: [.apt(["libavformat-dev", "libavfilter-dev", "libavcodec-dev", "libswscale-dev"])]
        ),
        .systemLibrary(name: "COpenVINO"),
        .systemLibrary(name: "CEBUR128", pkgConfig: "libebur128", providers: [.apt(["libebur128-dev"])]),

        // Values and pixel loops.
        module("MediaCore"),
        .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])]),
        module("Kernels", ["CKernels"]),

        // The only importers of C libraries.
        module("FFmpegKit", ["CFFmpeg", "MediaCore"]),
        // The seam between stages and whatever runs networks: OpenVINO today.
        module("Inference"),
        module("OpenVINOKit", ["COpenVINO", "Inference"]),
        module("EBUR128Kit", ["CEBUR128"]),
        module("RNNoiseKit"),

        // How frames move, and what happens to them.
        module("Pipeline", ["MediaCore", "FFmpegKit"]),
        module(
            "Stages",
            [
                "MediaCore", "FFmpegKit", "Inference", "OpenVINOKit", "EBUR128Kit", "RNNoiseKit", "Kernels", "Pipeline",
            ]
        ),

        // File jobs.
        module("Rendering", ["MediaCore", "FFmpegKit", "Kernels", "Pipeline", "Stages"]),

        // The programs.
        program(
            "aegis",
            ["MediaCore", "FFmpegKit", "Inference", "OpenVINOKit", "RNNoiseKit", "Pipeline", "Stages", "Rendering"]
        ),
        .target(name: "CMeasurement", path: "Benchmarks/CMeasurement"),
        program(
            "aegis-bench",
            [
                "CMeasurement", "MediaCore", "FFmpegKit", "Inference", "OpenVINOKit", "Kernels", "Pipeline", "Stages",
                "Rendering",
            ],
            path: "Benchmarks/AegisBench"
        ),

        // Tests.
        module("MediaTestKit", ["MediaCore", "FFmpegKit", "Pipeline"]),
        tests(of: "MediaCore"),
        tests(of: "Kernels"),
        tests(of: "FFmpegKit", ["MediaCore"]),
        tests(of: "OpenVINOKit", ["Inference"]),
        tests(of: "Pipeline", ["MediaCore", "FFmpegKit"]),
        tests(
            of: "Stages",
            [
                "MediaCore", "FFmpegKit", "Inference", "OpenVINOKit", "EBUR128Kit", "RNNoiseKit", "Kernels", "Pipeline",
            ]
        ),
        tests(of: "EBUR128Kit"),
        tests(of: "RNNoiseKit"),
        tests(of: "Rendering", ["MediaCore", "FFmpegKit", "RNNoiseKit", "Pipeline", "Stages"]),
        tests(of: "aegis", ["MediaCore", "FFmpegKit", "Pipeline", "Stages", "Rendering"]),
    ]
)
