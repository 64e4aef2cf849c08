/// Says for every byte of a Swift file whether it is code, comment or string. Interpolated code counts as code.
struct SwiftScanner {
    enum Kind { case code, comment, string }

    private let bytes: [UInt8]
    private var kinds: [Kind]
    private var position = 0

    static func kinds(of bytes: [UInt8]) -> [Kind] {
        var scanner = SwiftScanner(bytes: bytes)
        scanner.scanCode(interpolated: false)
        return scanner.kinds
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
        self.kinds = Array(repeating: .code, count: bytes.count)
    }

    private func at(_ text: StaticString, offset: Int = 0) -> Bool {
        let start = position + offset
        guard start + text.utf8CodeUnitCount <= bytes.count else { return false }
        return (0..<text.utf8CodeUnitCount).allSatisfy { bytes[start + $0] == text.utf8Start[$0] }
    }

    private func hashes(from start: Int) -> Int {
        bytes[min(start, bytes.count)...].prefix { $0 == UInt8(ascii: "#") }.count
    }

    private mutating func take(_ kind: Kind, _ count: Int = 1) {
        let end = min(position + count, bytes.count)
        for index in position..<end { kinds[index] = kind }
        position = end
    }

    /// Until the end; or, inside an interpolation, up to the parenthesis that closes it.
    private mutating func scanCode(interpolated: Bool) {
        var depth = 0
        while position < bytes.count {
            let hashes = hashes(from: position)
            if at("//") {
                while position < bytes.count, !at("\n") { take(.comment) }
            } else if at("/*") {
                scanBlockComment()
            } else if at("\"", offset: hashes) {
                scanString(hashes: hashes)
            } else {
                if interpolated, at("(") { depth += 1 }
                if interpolated, at(")") {
                    if depth == 0 { return }
                    depth -= 1
                }
                take(.code)
            }
        }
    }

    private mutating func scanBlockComment() {
        var depth = 0
        repeat {
            if at("/*") {
                depth += 1
                take(.comment, 2)
            } else if at("*/") {
                depth -= 1
                take(.comment, 2)
            } else {
                take(.comment)
            }
        } while depth > 0 && position < bytes.count
    }

    private mutating func scanString(hashes: Int) {
        take(.code, hashes)
        let isBlock = at("\"\"\"")
        take(.string, isBlock ? 3 : 1)
        while position < bytes.count {
            if !isBlock, at("\n") { return }
            if isBlock ? at("\"\"\"") : at("\""), self.hashes(from: position + (isBlock ? 3 : 1)) >= hashes {
                take(.string, isBlock ? 3 : 1)
                take(.code, hashes)
                return
            }
            if at("\\"), self.hashes(from: position + 1) >= hashes {
                take(.string, 1 + hashes)
                if at("(") {
                    take(.string)
                    scanCode(interpolated: true)
                }
            }
            take(.string)
        }
    }
}
