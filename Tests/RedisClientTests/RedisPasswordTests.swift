import Testing

@testable import RedisClient

@Suite struct RedisPasswordTests {
    private let password = RedisPassword("hunter2")

    private func texts(of value: some Any) -> [String] {
        var dumped = ""
        dump(value, to: &dumped)
        return ["\(value)", String(describing: value), String(reflecting: value), dumped]
    }

    /// The secret, and the bytes of it as an array would show them.
    private func leaks(_ text: String) -> Bool {
        text.contains("hunter2") || text.contains("104, 117") || text.contains("secret")
    }

    @Test func itsTextsAreMasked() {
        for text in texts(of: password) { #expect(!leaks(text)) }
        for text in texts(of: Optional(password)) { #expect(!leaks(text)) }
    }

    @Test func aConfigurationShowsTheMask() {
        let configuration = RedisConfiguration(
            address: .unix(path: "/s"), username: "u", password: password, clientName: "c")
        for text in texts(of: configuration) { #expect(!leaks(text)) }
        #expect("\(configuration)".contains("********"))
    }

    @Test func theServerGetsIt() {
        let configuration = RedisConfiguration(address: .unix(path: "/s"), password: password, clientName: "c")
        let hello = Handshake(configuration, generation: 1).commands[0]
        #expect(hello == RedisCommand("HELLO", "2", "AUTH", "default", "hunter2", "SETNAME", "c"))
        #expect(hello.name == "HELLO")
    }
}
