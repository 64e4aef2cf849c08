import Testing

@testable import HostControl

@Suite struct EnvironmentFileTests {
    private func variables(_ text: String) throws -> [String: String] {
        try EnvironmentFile(bytes: Array(text.utf8), path: "/etc/x.env").variables
    }

    @Test(arguments: [
        ("A=1", ["A": "1"]), ("A=1\nB=2\n", ["A": "1", "B": "2"]), ("A=1\nA=2\n", ["A": "2"]), ("", [:]),
        ("# c\n; d\n\n   \nA=1\n", ["A": "1"]), ("  A = 1  \n", ["A": "1"]), ("A=\n", ["A": ""]),
        ("A=a b  c \t\n", ["A": "a b  c"]), ("A=x#y ; z\n", ["A": "x#y ; z"]), ("A=b=c\n", ["A": "b=c"]),
        ("A='x y'\n", ["A": "x y"]), ("A='a\\n'\n", ["A": "a\\n"]),
        ("A=\"x \\\"q\\\" \\$H \\\\ \\n\"\n", ["A": "x \"q\" $H \\ \\n"]),
        ("A=\"two\nlines\"\nB=1\n", ["A": "two\nlines", "B": "1"]), ("A=\"x\"y\n", ["A": "xy"]),
        ("A=\"x\" 'y'\n", ["A": "xy"]),
        ("A=x\"y\"\n", ["A": "x\"y\""]), ("A=one\\\ntwo\n", ["A": "onetwo"]), ("A=a\\ \n", ["A": "a "]),
        ("A=\"one\\\ntwo\"\n", ["A": "onetwo"]), ("A=1\r\n", ["A": "1"]), ("A=é\n", ["A": "é"]), ("A=x\\", ["A": "x"]),
        ("# a \\ b\nA=1", ["A": "1"]),
    ])
    func itReadsWhatSystemdReads(text: String, expected: [String: String]) throws {
        #expect(try variables(text) == expected)
    }

    @Test(arguments: [
        ("A=1\nbroken\n", 2), ("broken", 1), ("A=1\n\nexport B=2\n", 3), ("1A=x\n", 1), ("=x\n", 1), ("A-B=x\n", 1),
        ("A=1\nB=\"open\nC=2\n", 2), ("A='open", 1), ("# c \\\nA=1\n", 1), ("A=\"x\ny\"\nB\n", 3),
        ("A=1\nB=\u{0}\n", 2),
    ])
    func aMalformedLineIsNamed(text: String, line: Int) {
        let error = #expect(throws: HostError.self) { try variables(text) }
        guard case .malformed(let path, let found, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(path == "/etc/x.env")
        #expect(found == line)
    }

    @Test func whatIsNotUTF8IsRefused() {
        #expect(throws: HostError.self) { try EnvironmentFile(bytes: Array("A=".utf8) + [0xFF], path: "x") }
    }

    @Test func aMissingFileIsAnErrorUnlessItMayBeMissing() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("x.env")
        #expect(try EnvironmentFile.read(path) == nil)
        #expect(try EnvironmentFile.read(.init(path: path, mayBeMissing: true)).variables.isEmpty)
        #expect(throws: HostError.unreadable(path: path, reason: "the environment file does not exist")) {
            try EnvironmentFile.read(.init(path: path, mayBeMissing: false))
        }
        #expect(throws: HostError.self) { try EnvironmentFile.read(.init(path: "/etc/*.env", mayBeMissing: true)) }
        try folder.write("PORT=9101\n", to: "x.env")
        #expect(try EnvironmentFile.read(.init(path: path, mayBeMissing: false)).variables == ["PORT": "9101"])
        #expect(throws: HostError.self) { try EnvironmentFile.read(folder.path) }
    }
}
