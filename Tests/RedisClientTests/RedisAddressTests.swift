import RedisClient
import Testing

@Suite struct RedisAddressTests {
    @Test(arguments: [
        ("redis-1:6379", RedisAddress.tcp(host: "redis-1", port: 6379)),
        ("10.0.0.1:1", .tcp(host: "10.0.0.1", port: 1)),
        ("h:65535", .tcp(host: "h", port: 65535)),
        ("[::1]:6379", .tcp(host: "::1", port: 6379)),
        ("[fe80::1%eth0]:6379", .tcp(host: "fe80::1%eth0", port: 6379)),
        ("unix:/run/redis/redis.sock", .unix(path: "/run/redis/redis.sock")),
    ])
    func readsAndWritesTheSameText(text: String, address: RedisAddress) throws {
        #expect(try RedisAddress(parsing: text) == address)
        #expect(address.description == text)
    }

    @Test(arguments: [
        ("", "port is missing"), ("redis-1", "port is missing"), (":6379", "host is missing"),
        ("h:", "1 to 65535"), ("h:0", "1 to 65535"), ("h:65536", "1 to 65535"), ("h:+1", "1 to 65535"),
        ("h:99999999999999999999", "1 to 65535"), ("h:6379x", "1 to 65535"), ("h:١", "1 to 65535"),
        ("::1:6379", "brackets"), ("[::1]", "port is missing"), ("[::1:6379", "']' is missing"),
        ("[redis]:6379", "only an IPv6 address"), ("[::1]6379", "port is missing"),
        ("unix:run/s", "starts with '/'"), ("unix:", "starts with '/'"),
        ("/run/redis.sock", "port is missing"), ("a/b:1", "host is missing"),
        ("h :1", "white space"), ("h\n:1", "white space"), ("unix:/a\u{0}b", "white space"),
        ("unix:/" + String(repeating: "x", count: 107), "at most 107"),
    ])
    func refusesWithTheReason(text: String, reason: String) {
        let error = #expect(throws: RedisError.self) { try RedisAddress(parsing: text) }
        #expect(error?.description.contains(reason) == true)
        #expect(error?.description.contains("\n") == false)
    }

    @Test(arguments: ["redis://user:s3cret@h:1", "user:s3cret@h:6379", "rediss://:s3cret@h"])
    func neverRepeatsWhatMayHoldAPassword(text: String) {
        let error = #expect(throws: RedisError.self) { try RedisAddress(parsing: text) }
        #expect(error.map { "\($0) \(String(reflecting: $0))".contains("s3cret") } == false)
    }
}
