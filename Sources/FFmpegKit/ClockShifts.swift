public import MediaCore

/// How far the packets of a file whose clock jumps are moved, so that the film goes on without a break.
///
/// A value that the readers of one file share, because all of them must move the same packets by the same time. Packets
/// are told apart by where they lie in the file: what one reader skips then does not change what another one sees.
public struct ClockShifts: Sendable, Equatable {
    /// One jump.
    public struct Shift: Sendable, Equatable {
        /// Every packet that begins at this byte of the file or later is moved.
        public let position: Int64
        /// What is added to the times that the file says.
        public let offset: MediaTime

        /// Makes a shift.
        public init(position: Int64, offset: MediaTime) {
            self.position = position
            self.offset = offset
        }
    }

    /// All jumps; an offset holds until the next one begins.
    public let shifts: [Shift]

    /// Makes a table.
    ///
    /// - Parameter shifts: in order of position.
    public init(_ shifts: [Shift] = []) { self.shifts = shifts }

    /// Whether the clock runs through.
    public var isEmpty: Bool { shifts.isEmpty }

    /// What is added to the times of a packet that begins at this byte; `nil` for nothing.
    public func offset(at position: Int64) -> MediaTime? {
        shifts.last { $0.position <= position }?.offset
    }
}
