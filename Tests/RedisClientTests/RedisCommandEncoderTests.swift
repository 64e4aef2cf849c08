import NIOCore
import Testing

@testable import RedisClient

@Suite struct RedisCommandEncoderTests {
    private func encode(_ commands: [RedisCommand]) throws(RedisError) -> [UInt8] {
        var buffer = ByteBuffer()
        for command in commands { try RedisCommandEncoder.append(command, to: &buffer) }
        return Array(buffer.readableBytesView)
    }

    @Test func words() throws {
        #expect(try encode([RedisCommand("GET", "k")]) == Array("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n".utf8))
    }

    @Test func emptyArgumentsAndSeveralCommands() throws {
        let bytes = try encode([RedisCommand("SET", "", ""), RedisCommand("")])
        #expect(bytes == Array("*3\r\n$3\r\nSET\r\n$0\r\n\r\n$0\r\n\r\n*1\r\n$0\r\n\r\n".utf8))
    }

    @Test func everyByteGoesAsItIs() throws {
        let all = (0...255).map { UInt8($0) }
        let bytes = try encode([RedisCommand(arguments: [Array("ECHO".utf8), all])])
        #expect(bytes == Array("*2\r\n$4\r\nECHO\r\n$256\r\n".utf8) + all + Array("\r\n".utf8))
    }

    @Test func whatCantBeSentIsRefused() {
        let tooLarge = [UInt8](repeating: 0, count: RedisCommandEncoder.byteLimit)
        let tooMany = [[UInt8]](repeating: [], count: RedisCommandEncoder.argumentLimit + 1)
        for arguments in [[], [[0x47], tooLarge], tooMany] {
            let error = #expect(throws: RedisError.self) { _ = try encode([RedisCommand(arguments: arguments)]) }
            guard case .invalidCommand? = error else { return #expect(error == .invalidCommand("...")) }
        }
    }

    @Test func aNameForMessagesHasNoArguments() {
        #expect(RedisCommand("auth", "u", "s3cret").name == "AUTH")
        #expect(RedisCommand(arguments: []).name == "(empty)")
        #expect(RedisCommand("\u{1b}[2Jx").name == "\\u{1b}[2JX")
    }
}
