import FFmpegKit
import Foundation

// Figures of a debug build say nothing.
#if DEBUG
FileHandle.standardError.write(Data("aegis-bench: build it with -c release; a debug build measures nothing\n".utf8))
exit(69)
#else
BenchmarkProgram.main(Array(CommandLine.arguments.dropFirst()))
#endif
