import FFmpegKit
import MediaCore
import Inference
import OpenVINOKit
import Stages

/// The baseline: the network as it comes. The whole frame, stretched to the network's size, and its mask, enlarged.
///
/// What most programs do that use it. Confined to one thread.
final class RawNetwork {
    private let request: any InferenceRequest
    private static let width = 256
    private static let height = 144

    init(_ options: BenchmarkOptions) throws {
        let path = try ModelStore(directory: options.models).path(for: "selfie")
        let network = try OpenVINOCore().compile(
            modelAt: path,
            for: "CPU",
            options: InferenceOptions(streamCount: 1, threadCount: 1, precision: .float32)
        )
        guard network.inputs.map(\.shape) == [[1, 3, 144, 256]], network.outputs.map(\.shape) == [[1, 1, 144, 256]]
        else { throw BenchmarkFailure("\(path) is not the landscape selfie network") }
        request = try network.makeRequest()
    }

    /// The network's alpha of a frame of 8-bit BT.709 in limited range.
    func alpha(of frame: borrowing VideoFrame) throws -> AlphaPlane {
        let (width, height) = (frame.format.width, frame.format.height)
        let (luma, first, second) = frame.withPlanes { luma, first, second in
            (areaMeans(luma), areaMeans(first), areaMeans(second))
        }
        request.withInput(at: 0, as: Float.self) { input in
            let count = Self.width * Self.height
            for index in 0..<count {
                let y = (luma[index] - 16) / 219
                let (b, r) = ((first[index] - 128) / 224, (second[index] - 128) / 224)
                input[index] = min(max(y + 1.5748 * r, 0), 1)
                input[count + index] = min(max(y - 0.187324 * b - 0.468124 * r, 0), 1)
                input[2 * count + index] = min(max(y + 1.8556 * b, 0), 1)
            }
        }
        try request.run()
        let mask = request.withOutput(at: 0, as: Float.self) { output in output.indices.map { output[$0] } }
        return AlphaPlane(enlarging: mask, width: Self.width, height: Self.height, toWidth: width, height: height)
    }

    /// A plane at the network's size: each value the mean of the area that it covers.
    private func areaMeans(_ plane: PlaneView) -> [Float] {
        let columns = Self.spans(of: plane.width, count: Self.width)
        let rows = Self.spans(of: plane.height, count: Self.height)
        var result = [Float](repeating: 0, count: Self.width * Self.height)
        var line = [Float](repeating: 0, count: plane.width)
        for (y, row) in rows.enumerated() {
            for x in line.indices { line[x] = 0 }
            for (offset, weight) in row.weights.enumerated() {
                let source = plane.base + (row.start + offset) * plane.stride
                for x in line.indices { line[x] += weight * Float(source[x]) }
            }
            for (x, column) in columns.enumerated() {
                var sum: Float = 0
                for (offset, weight) in column.weights.enumerated() { sum += weight * line[column.start + offset] }
                result[y * Self.width + x] = sum
            }
        }
        return result
    }

    private static func spans(of source: Int, count: Int) -> [(start: Int, weights: [Float])] {
        let size = Double(source) / Double(count)
        return (0..<count).map { index in
            let (low, high) = (Double(index) * size, Double(index + 1) * size)
            let start = Int(low.rounded(.down))
            let end = min(source, Int((high - 1e-9).rounded(.down)) + 1)
            let weights = (start..<end).map { Float((min(high, Double($0 + 1)) - max(low, Double($0))) / size) }
            return (start, weights)
        }
    }
}
