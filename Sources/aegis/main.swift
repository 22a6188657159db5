internal import Glibc

// Top-level code belongs to the main actor, which makes closures here unfit for other threads: everything is elsewhere.
exit(Program.run([String](CommandLine.arguments.dropFirst())))
