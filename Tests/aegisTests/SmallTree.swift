@testable import aegis

/// A command tree that has one of everything, so that tests of the parser do not change with the program.
enum SmallTree {
    static let size = OptionDescription(
        name: "size",
        short: "s",
        value: ValueDescription("N"),
        summary: "How large"
    )
    static let tag = OptionDescription(
        name: "tag",
        value: ValueDescription("TAG"),
        isRepeatable: true,
        summary: "A tag"
    )
    static let color = OptionDescription(
        name: "color",
        short: "c",
        value: ValueDescription("COLOR", .choice(["red", "green"])),
        summary: "Which color"
    )
    static let yes = OptionDescription(name: "yes", short: "y", summary: "Do not ask")
    static let verbose = OptionDescription(name: "verbose", short: "v", summary: "Say more")
    static let output = OptionDescription(
        name: "output",
        short: "o",
        value: ValueDescription("FILE", .file),
        summary: "The result"
    )

    static let root = CommandDescription(
        name: "tool",
        summary: "Does things",
        subcommands: [paint, shelf],
        examples: [.init(summary: "red", line: "tool paint wall --color red")]
    )

    static let paint = CommandDescription(
        name: "paint",
        summary: "Paint walls",
        details: [
            "It takes as many walls as there are; a wall that is painted already is painted again, because nobody keeps a list."
        ],
        positionals: [
            PositionalDescription(value: ValueDescription("WALL", .file), count: .oneOrMore, summary: "The walls")
        ],
        options: [size, tag, color, yes, verbose, output],
        run: { _, _ in 0 }
    )

    static let shelf = CommandDescription(
        name: "shelf",
        summary: "Shelves",
        subcommands: [
            CommandDescription(name: "list", summary: "List them", options: [.json], run: { _, _ in 0 }),
            CommandDescription(
                name: "add",
                summary: "Add one",
                positionals: [
                    PositionalDescription(
                        value: ValueDescription("KIND", .choice(["wood", "steel"])),
                        count: .one,
                        summary: "The kind"
                    ),
                    PositionalDescription(value: ValueDescription("NOTE"), count: .optional, summary: "A note"),
                ],
                options: [yes],
                run: { _, _ in 0 }
            ),
        ],
        defaultSubcommand: "list"
    )
}
