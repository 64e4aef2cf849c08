import Glibc
import Testing

@testable import HostControl

@Suite struct SystemdNotifyTests {
    @Test(arguments: [false, true])
    func messagesArriveInOneDatagram(isAbstract: Bool) throws {
        let folder = try TemporaryFolder()
        let name =
            isAbstract
            ? "@hostcontrol-\(getpid())-\(folder.path.utf8.suffix(6).map(String.init).joined())" : folder.file("notify")
        let descriptor = try listen(name)
        defer { close(descriptor) }
        let notify = try #require(SystemdNotify(socket: name))
        try notify.send(.ready, .status("idle\nMAINPID=1"))
        try notify.send(.watchdog)
        try notify.send(.stopping)
        #expect(receive(descriptor) == "READY=1\nSTATUS=idle\\nMAINPID=1")
        #expect(receive(descriptor) == "WATCHDOG=1")
        #expect(receive(descriptor) == "STOPPING=1")
    }

    @Test(arguments: [nil, "", "relative", "vsock:2:1234"])
    func withoutASocketThereIsNobody(socket: String?) { #expect(SystemdNotify(socket: socket) == nil) }

    @Test func aSocketThatIsGoneIsAnError() throws {
        let folder = try TemporaryFolder()
        let gone = try #require(SystemdNotify(socket: folder.file("gone")))
        #expect(throws: HostError.self) { try gone.send(.ready) }
        let long = try #require(SystemdNotify(socket: "/" + String(repeating: "x", count: 200)))
        #expect(throws: HostError.notNotified(reason: "the socket's path is too long")) { try long.send(.ready) }
    }

    private func listen(_ name: String) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            path.copyBytes(from: name.utf8)
            if name.hasPrefix("@") { path[0] = 0 }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.utf8.count)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        try #require(bound == 0)
        return descriptor
    }

    private func receive(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
