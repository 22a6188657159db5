/// A clip of which the true alpha is known: people laid over a place.
struct QualityClip: Sendable {
    /// What is behind the people.
    enum Place: String, Sendable {
        /// A drawn living room.
        case room
        /// A drawn street.
        case street
        /// A photograph of a garage with a motorcycle whose parts look like people to the network.
        case garage
        /// A photograph of a Chinese palace, which the network takes for people in part.
        case china
        /// Film of a street with cyclists far away.
        case bikes
    }

    /// What the people do.
    enum Action: Sendable {
        /// Nothing; only the camera's noise changes.
        case still
        /// Moving a little as one does while talking.
        case sway
        /// The same while the camera turns.
        case pan
        /// Walking to and fro across half of the picture.
        case fast
        /// Two of them, one in the mirror.
        case two
        /// Holding a helmet, which counts as part of the person.
        case holding
        /// There is nobody.
        case nobody
    }

    /// How a clip counts.
    enum Group: String, Sendable {
        /// An ordinary call: the targets hold for each of these.
        case ordinary
        /// Known to be hard for the network (machines, palaces, walking past a tree that then passes for hair): shown,
        /// but without targets for overlap and boundary.
        case hard
        /// Nobody is there.
        case nobody
    }

    /// Its name in the results.
    let name: String
    /// How it counts.
    let group: Group
    let place: Place
    let action: Action
    /// Size of the person: pixels of the frame for a pixel of the cutout.
    let scale: Double
    /// Column of the middle of the head.
    let center: Double
    /// Row of the top of the head, at least; the cut at the bottom always lies below the frame.
    let top: Double
    let width: Int
    let height: Int
    let frameCount: Int

    private init(
        _ name: String,
        _ group: Group,
        _ place: Place,
        _ action: Action,
        scale: Double = 1,
        center: Double = 0,
        top: Double = 0,
        size: (width: Int, height: Int) = (1280, 720),
        frames: Int = 48
    ) {
        self.name = name
        self.group = group
        self.place = place
        self.action = action
        self.scale = scale
        self.center = center
        self.top = top
        width = size.width
        height = size.height
        frameCount = frames
    }

    private init(_ clip: QualityClip, frames: Int) {
        self.init(
            clip.name,
            clip.group,
            clip.place,
            clip.action,
            scale: clip.scale,
            center: clip.center,
            top: clip.top,
            size: (clip.width, clip.height),
            frames: frames
        )
    }

    /// All clips, in the order in which they are shown.
    static let all: [QualityClip] = [
        .init("room_static", .ordinary, .room, .still, scale: 1.65, center: 640, top: 150, frames: 60),
        .init("street_static", .ordinary, .street, .still, scale: 1.5, center: 600, top: 215, frames: 60),
        .init("room_sway", .ordinary, .room, .sway, scale: 1.65, center: 620, top: 150),
        .init("street_pan", .ordinary, .street, .pan, scale: 1.5, center: 500, top: 205),
        .init("bikes_left", .ordinary, .bikes, .sway, scale: 1.5, center: 380, top: 205, frames: 28),
        .init("street_small", .ordinary, .street, .sway, scale: 0.9, center: 700, top: 412),
        .init("room_small", .ordinary, .room, .sway, scale: 0.75, center: 560, top: 464),
        .init("room_close", .ordinary, .room, .sway, scale: 2.3, center: 660, top: 30),
        .init("room_two", .ordinary, .room, .two, scale: 1.3, center: 380),
        .init("room_fast", .ordinary, .room, .fast, scale: 1.5, center: 400, top: 205),
        .init("room_helmet", .ordinary, .room, .holding, scale: 1.45, center: 560, top: 18),
        .init("room_portrait", .ordinary, .room, .sway, scale: 2.2, center: 400, size: (720, 1280)),
        .init("garage_static", .hard, .garage, .still, scale: 1.75, center: 700, top: 125, frames: 60),
        .init("garage_right", .hard, .garage, .sway, scale: 1.6, center: 900, top: 170),
        .init("china_two", .hard, .china, .two, scale: 1.25, center: 380),
        .init("street_fast", .hard, .street, .fast, scale: 1.5, center: 400, top: 205),
        .init("room_none", .nobody, .room, .nobody),
        .init("street_none", .nobody, .street, .nobody),
        .init("bikes_none", .nobody, .bikes, .nobody, frames: 28),
        .init("garage_none", .nobody, .garage, .nobody),
        .init("china_none", .nobody, .china, .nobody),
    ]

    /// Three short ones.
    static let smoke: [QualityClip] = all.compactMap {
        ["room_static": QualityClip($0, frames: 16), "room_sway": QualityClip($0, frames: 16)][$0.name]
            ?? ($0.name == "room_none" ? QualityClip($0, frames: 6) : nil)
    }
}
