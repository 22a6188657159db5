/// The networks that Aegis knows: where each comes from, under which licence, what it takes and gives.
public struct ModelCatalogue: Sendable {
    /// One network.
    public struct Entry: Sendable, Equatable {
        /// The name by which stages and users call it.
        public let name: String
        /// The name for people.
        public let title: String
        /// What it is for and when to choose it.
        public let summary: String
        /// What it does, such as `person_segmentation`.
        public let task: String
        /// Its licence by SPDX name.
        public let licence: String
        /// Where it comes from; its checksum identifies the published file.
        public let source: ModelManifest.Source
        /// What goes in.
        public let inputs: [ModelManifest.Tensor]
        /// What comes out.
        public let outputs: [ModelManifest.Tensor]
        /// Whether everything works by default without it.
        public let isOptional: Bool
    }

    /// The networks in the order in which lists show them.
    public let entries: [Entry]

    /// The network of a name.
    public subscript(name: String) -> Entry? { entries.first { $0.name == name } }

    /// The network whose published file has this SHA-256.
    public func entry(sourceSHA256 checksum: String) -> Entry? { entries.first { $0.source.sha256 == checksum } }

    /// The networks of this version. Their sources are those of `scripts/archives/models.txt`.
    public static let standard = ModelCatalogue(entries: [
        selfieSegmentation(
            name: "selfie",
            title: "MediaPipe selfie segmentation, landscape",
            summary: "Finds people in wide pictures; the default of virtual_background",
            file: "selfie_segmentation_landscape.tflite",
            sha256: "a77d03f4659b9f6b6c1f5106947bf40e99d7655094b6527f214ea7d451106edd",
            height: 144,
            isOptional: false
        ),
        selfieSegmentation(
            name: "selfie_square",
            title: "MediaPipe selfie segmentation, square",
            summary: "Finds people in square and upright pictures; 1.8 times the pixels of selfie",
            file: "selfie_segmentation.tflite",
            sha256: "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
            height: 256,
            isOptional: true
        ),
        upscaling,
    ])

    /// The house's own network; its files lie in the repository, so its source is its weights.
    private static let upscaling = Entry(
        name: "upscale2x",
        title: "Aegis luma enlargement by two",
        summary: "Adds to Lanczos what it misses; the default of upscaling, which does with Lanczos alone without it",
        task: "super_resolution",
        licence: "MIT",
        source: ModelManifest.Source(
            package: nil,
            file: "upscale2x.bin",
            sha256: "e8912d9453fb46612b3d9abeab095f01a5353565643ea05435660a7fee4364ca"
        ),
        inputs: [
            ModelManifest.Tensor(
                name: "luma",
                elementType: "f32",
                shape: [1, 1, 76, 76],
                layout: "NCHW",
                color: "Y",
                range: [0, 1],
                normalisation: ModelManifest.Normalisation(mean: [0], scale: [255])
            )
        ],
        outputs: [
            ModelManifest.Tensor(
                name: "detail",
                elementType: "f32",
                shape: [1, 4, 64, 64],
                layout: "NCHW",
                meaning: "what is added to Lanczos-3 at the four places that a sample becomes"
            )
        ],
        isOptional: true
    )

    private static func selfieSegmentation(
        name: String,
        title: String,
        summary: String,
        file: String,
        sha256: String,
        height: Int,
        isOptional: Bool
    ) -> Entry {
        Entry(
            name: name,
            title: title,
            summary: summary,
            task: "person_segmentation",
            licence: "Apache-2.0",
            source: ModelManifest.Source(
                package: "mediapipe==0.10.14",
                file: "mediapipe/modules/selfie_segmentation/" + file,
                sha256: sha256
            ),
            inputs: [
                ModelManifest.Tensor(
                    name: "image",
                    elementType: "f32",
                    shape: [1, 3, height, 256],
                    layout: "NCHW",
                    color: "RGB",
                    range: [0, 1],
                    normalisation: ModelManifest.Normalisation(mean: [0, 0, 0], scale: [255, 255, 255])
                )
            ],
            outputs: [
                ModelManifest.Tensor(
                    name: "alpha",
                    elementType: "f32",
                    shape: [1, 1, height, 256],
                    layout: "NCHW",
                    range: [0, 1],
                    meaning: "probability that the pixel belongs to a person"
                )
            ],
            isOptional: isOptional
        )
    }
}
