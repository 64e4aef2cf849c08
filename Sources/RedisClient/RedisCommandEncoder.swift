private import CHiredis
internal import NIOCore

/// Commands to RESP, by hiredis' formatter.
enum RedisCommandEncoder {
    /// Bounds one command: the formatter of hiredis 0.14 counts its bytes in an `int`, and Redis takes no bulk string
    /// over 512 MB.
    static let byteLimit = 64 << 20
    /// Redis closes a connection that announces more arguments (`PROTO_MAX` checks in networking.c).
    static let argumentLimit = 1 << 20

    /// Appends the command's bytes.
    ///
    /// - Throws: `invalidCommand` for an empty or too large command. Redis ignores an empty one without a reply, and
    ///   its caller would wait for ever.
    static func append(_ command: RedisCommand, to buffer: inout ByteBuffer) throws(RedisError) {
        let arguments = command.arguments
        guard !arguments.isEmpty else { throw .invalidCommand("it is empty") }
        guard arguments.count <= argumentLimit else {
            throw .invalidCommand("\(command.name) has \(arguments.count) arguments, at most \(argumentLimit) can go")
        }
        let size = arguments.reduce(0) { $0 + $1.count }
        guard size <= byteLimit else {
            throw .invalidCommand("\(command.name) has \(size) bytes, at most \(byteLimit) can go")
        }
        guard format(arguments, size: size, into: &buffer) else {
            throw .invalidCommand("memory ran out while \(command.name) was formatted")
        }
    }

    private static func format(_ arguments: [[UInt8]], size: Int, into buffer: inout ByteBuffer) -> Bool {
        // One block, and a byte more, so that each argument, an empty one too, has an address.
        var block = [UInt8]()
        block.reserveCapacity(size + 1)
        for argument in arguments { block += argument }
        block.append(0)
        let lengths = arguments.map(\.count)
        return block.withUnsafeBytes { bytes in
            var rest = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            var starts: [UnsafePointer<CChar>?] = []
            starts.reserveCapacity(lengths.count)
            for length in lengths {
                starts.append(rest)
                rest = rest?.advanced(by: length)
            }
            var formatted: UnsafeMutablePointer<CChar>?
            let count = Int(redisFormatCommandArgv(&formatted, CInt(starts.count), &starts, lengths))
            guard count >= 0, let formatted else { return false }
            buffer.writeBytes(UnsafeRawBufferPointer(start: formatted, count: count))
            redisFreeCommand(formatted)
            return true
        }
    }
}
