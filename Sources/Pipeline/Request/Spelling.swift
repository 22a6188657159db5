/// Finds the name that somebody probably meant.
public enum Spelling {
    /// The candidate that differs least from `word`, if it differs little enough to be meant.
    public static func suggestion(for word: String, among candidates: [String]) -> String? {
        let given = normalized(word)
        guard !given.isEmpty else { return nil }
        var best: (distance: Int, name: String)?
        for candidate in candidates {
            let target = normalized(candidate)
            var distance = distance(given, target)
            // An abbreviation is meant as such, however much is missing.
            if given.count >= 3, target.starts(with: given) { distance = 1 }
            guard distance <= max(1, max(given.count, target.count) / 3) else { continue }
            if distance < best?.distance ?? .max { best = (distance, candidate) }
        }
        return best?.name
    }

    /// Lower case, with underscores for hyphens and spaces.
    private static func normalized(_ word: String) -> [Character] {
        word.lowercased().map { $0 == "-" || $0 == " " ? "_" : $0 }
    }

    /// How many letters must be inserted, removed, replaced or swapped with their neighbour.
    private static func distance(_ a: [Character], _ b: [Character]) -> Int {
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        var (before, previous) = ([Int](), Array(0...b.count))
        for i in 1...a.count {
            var row = [i]
            for j in 1...b.count {
                let replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                var best = min(previous[j] + 1, row[j - 1] + 1, replaced)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { best = min(best, before[j - 2] + 1) }
                row.append(best)
            }
            (before, previous) = (previous, row)
        }
        return previous[b.count]
    }
}
