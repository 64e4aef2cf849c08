extension Rule {
    /// Key names are made in protocol/ and nowhere else; its own tests and those of the store look at raw keys.
    static let prefix = eachFile("prefix") { file in
        // End-to-end tests read the streams as a person with redis-cli does.
        let mayKnow = [
            "protocol/", "Tests/DeployProtocolTests/", "Tests/CoordinationTests/", "Tests/EndToEndTests/",
            "Tests/HouseTests/",
        ]
        guard let swift = file.swift, !mayKnow.contains(where: file.path.hasPrefix) else { return [] }
        return swift.strings.indices.filter { swift.strings[$0].contains("{qt:") }.map {
            Violation(file.path, $0 + 1, "a key name outside of protocol/")
        }
    }

    /// A new state must not compile until every machine has said what it does there.
    static let stateDefault = eachFile("stateDefault") { file in
        let names = ["Machine.swift", "State.swift"]
        guard file.isShipped, let swift = file.swift, names.contains(where: file.name.hasSuffix) else { return [] }
        return swift.lines(of: ["default", ":"]).map {
            Violation(file.path, $0, "`default:` in a machine: list the states")
        }
    }

    /// A test waits for a condition, never for time; and none is switched off or can't fail.
    static let test = eachFile("test") { file in
        guard file.isTest, let swift = file.swift else { return [] }
        let forbidden = [
            ["sleep", "("], ["usleep", "("], ["nanosleep", "("], ["Date", "(", ")"],
            ["Date", ".", "now"], [".", "disabled", "("], ["withKnownIssue"], ["#", "expect", "(", "true", ")"],
        ]
        return forbidden.flatMap { pattern in
            swift.lines(of: pattern).map { Violation(file.path, $0, "`\(pattern.joined())` in a test") }
        }
    }

    /// The tree says nothing about the machine that it was written on. `/root/quantum_trader` is part of the
    /// project's own story: the copy that was edited while the service ran from elsewhere.
    static let workplace = eachFile("workplace") { file in
        guard !file.isHouse else { return [] }
        return file.lines.indices.compactMap { index in
            let line = file.lines[index].replacing("/root/quantum_trader", with: "")
            let isDocument = file.path.hasSuffix(".md")
            guard
                startsPath("/work/", in: line) || isDocument && startsPath("/root/", in: line)
                    || line.contains("@localhost")
            else { return nil }
            return Violation(file.path, index + 1, "a path or an address of somebody's own machine")
        }
    }

    private static func startsPath(_ path: String, in line: String) -> Bool {
        line.ranges(of: path).contains { range in
            guard range.lowerBound > line.startIndex else { return true }
            let before = line[line.index(before: range.lowerBound)]
            return !before.isLetter && !before.isNumber && !"._-/*}".contains(before)
        }
    }
}
