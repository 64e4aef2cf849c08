import DeployModel
import Testing

@Suite struct WaveSizesTests {
    @Test(arguments: [
        ("1", 3, [1, 1, 1]), ("2", 5, [2, 2, 1]), ("1,5,20%", 37, [1, 5, 8, 8, 8, 7]), ("50%", 3, [2, 1]),
        ("1%", 1, [1]), ("1%", 250, Array(repeating: 3, count: 83) + [1]), ("100%", 9, [9]), ("1000", 4, [4]),
        ("3,1", 6, [3, 1, 1, 1]), ("20%", 1, [1]), ("1", 0, []),
    ])
    func counts(text: String, hosts: Int, expected: [Int]) throws {
        #expect(try WaveSizes(text).counts(hosts: hosts) == expected)
    }

    @Test func countsAddUpAndAreNeverEmpty() throws {
        for text in ["1", "1,5,20%", "33%", "7,1%", "100%", "1000", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16"] {
            let sizes = try WaveSizes(text)
            for hosts in 0...1000 {
                let counts = sizes.counts(hosts: hosts)
                #expect(counts.reduce(0, +) == hosts && counts.allSatisfy { $0 > 0 })
            }
            #expect(sizes.description == text)
        }
    }

    @Test(arguments: [
        "", ",", "1,", ",1", "0", "0%", "101%", "1001", "01", "1 ", "-1", "+1", "%", "1%%", "1.5", "1;2", "１",
        "99999999999999999999", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1",
    ])
    func refused(text: String) {
        #expect(throws: InvalidText.self) { try WaveSizes(text) }
    }
}
