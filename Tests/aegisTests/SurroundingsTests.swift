import Testing

@testable import aegis

@Suite struct SurroundingsTests {
    @Test(arguments: [
        (["HOME": "/home/ada"], "/home/ada/.local/share/aegis", "/home/ada/.cache/aegis"),
        (["HOME": "/home/ada", "XDG_DATA_HOME": "/data", "XDG_CACHE_HOME": "/fast"], "/data/aegis", "/fast/aegis"),
        (["HOME": "/home/ada", "XDG_DATA_HOME": "relative"], "/home/ada/.local/share/aegis", "/home/ada/.cache/aegis"),
        (
            ["HOME": "/h", "XDG_DATA_HOME": "/data", "STATE_DIRECTORY": "/var/lib/aegis"], "/var/lib/aegis",
            "/h/.cache/aegis"
        ),
        (["HOME": "/h", "STATE_DIRECTORY": "/var/lib/a:/var/lib/b"], "/var/lib/a", "/h/.cache/aegis"),
        (["HOME": "/h", "STATE_DIRECTORY": "/var/lib/a", "AEGIS_HOME": "./var"], "./var", "/h/.cache/aegis"),
        (["HOME": "/h", "AEGIS_HOME": ""], "/h/.local/share/aegis", "/h/.cache/aegis"),
    ])
    func findsFolders(_ environment: [String: String], _ state: String, _ cache: String) {
        let directories = Directories(environment: environment)
        #expect(directories.state == state)
        #expect(directories.cache == cache)
    }

    @Test func makesFoldersForTheUserOnly() throws {
        let place = try TemporaryFolder()
        #expect(Directories.makePrivate(place.path + "/a/b"))
        #expect(try place.permissions("a") == 0o700)
        #expect(try place.permissions("a/b") == 0o700)
        #expect(Directories.makePrivate(place.path + "/a/b"))
        #expect(!Directories.makePrivate("/proc/aegis"))
    }

    @Test(arguments: [
        ("max 100000\n", nil), ("150000 100000\n", 2), ("100000 100000", 1), ("5000 100000", 1), ("", nil),
        ("x y", nil),
        ("400000 100000", 4), ("-1 100000", nil), ("1 0", nil),
    ])
    func readsTheControlGroupsQuota(_ line: String, _ cores: Int?) { #expect(Processors.quota(of: line) == cores) }

    @Test func countsAtLeastOneCore() { #expect(Processors.usableCount >= 1) }

    @Test func readsProcessorAndMemory() {
        let check = MachineChecks.processor(
            "processor\t: 0\nmodel name\t: Fast CPU @ 3 GHz\nflags\t\t: fpu sse2 fma avx2\n\n"
        )
        #expect(check.detail.hasPrefix("Fast CPU @ 3 GHz, "))
        #expect(check.detail.hasSuffix(", avx2 fma"))
        let arm = MachineChecks.processor("processor\t: 0\nFeatures\t: fp asimd sve2\n")
        #expect(arm.detail.hasSuffix(", asimd sve2"))
        let memory = MachineChecks.memory("MemTotal:       16000000 kB\nMemAvailable:    8000000 kB\n")
        #expect(memory?.detail == "16.4 GB, 8.2 GB available")
        #expect(MachineChecks.memory("") == nil)
    }
}
