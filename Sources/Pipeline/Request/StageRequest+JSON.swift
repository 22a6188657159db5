internal import FoundationEssentials

extension StageRequest {
    /// Reads one request or a list of them from JSON text.
    ///
    /// - Throws: ``StageError`` with the code `usage` that says what is wrong.
    public static func list(json: String) throws -> [StageRequest] {
        do {
            let decoder = JSONDecoder()
            let data = Data(json.utf8)
            let isList = json.utf8.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "[")
            return isList
                ? try decoder.decode([StageRequest].self, from: data)
                : [try decoder.decode(StageRequest.self, from: data)]
        } catch let error as StageError {
            throw error
        } catch {
            throw StageError(.usage, stage: "", "'\(json)' is not JSON; write {\"stage\":\"NAME\",\"parameter\":value}")
        }
    }
}
