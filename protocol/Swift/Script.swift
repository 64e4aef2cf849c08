/// One atomic transition of the fleet's state: a file of `protocol/scripts`, with what it includes in front of it.
package struct Script: Sendable {
    /// The file's name without `.lua`; also how errors and logs name it.
    package let name: String
    /// The bytes that Redis gets: the shebang line, then the included files, then the script.
    package let source: [UInt8]
    /// What the file's head says.
    package let header: ScriptHeader

    /// Whether it is flagged to write nothing: Redis then lets who may not write call it, and holds it to that.
    package let isReadOnly: Bool

    private init(_ name: String) {
        self.name = name
        let body = String(decoding: EmbeddedScripts.file(name), as: UTF8.self)
        header = ScriptHeader(body)
        isReadOnly = body.hasPrefix("#!lua flags=no-writes\n")
        let end = body.firstIndex(of: "\n") ?? body.endIndex
        let included = header.includes.map { String(decoding: EmbeddedScripts.file("_" + $0), as: UTF8.self) }
        source = Array((body[..<end] + "\n" + included.joined(separator: "\n") + body[end...]).utf8)
    }

    package static let accept = Script("accept")
    package static let answer = Script("answer")
    package static let ask = Script("ask")
    package static let claim = Script("claim")
    package static let enrol = Script("enrol")
    package static let hand = Script("hand")
    package static let heartbeat = Script("heartbeat")
    package static let member = Script("member")
    package static let order = Script("order")
    package static let page = Script("page")
    package static let pending = Script("pending")
    package static let publish = Script("publish")
    package static let refuse = Script("refuse")
    package static let renew = Script("renew")
    package static let report = Script("report")
    package static let stage = Script("stage")
    package static let step = Script("step")
    package static let submit = Script("submit")
    package static let tick = Script("tick")

    /// Every script of the contract.
    package static let all = [
        accept, answer, ask, claim, enrol, hand, heartbeat, member, order, page, pending, publish, refuse, renew,
        report, stage, step, submit, tick,
    ]
}

/// The head of a script's file: comment lines `-- name: value`, continued by lines indented further.
package struct ScriptHeader: Sendable {
    /// The names of the arguments, in order, without the repeating group.
    package let arguments: [String]
    /// The names of the arguments that may follow again and again: what stands behind ", then" and a colon.
    package let repeating: [String]
    /// The first words of all replies.
    package let replies: [String]
    /// The included files, without `_` and `.lua`.
    package let includes: [String]

    init(_ body: String) {
        let fields = Self.fields(of: body)
        let parts = (fields["args"] ?? "").split(separator: ", then").map { Self.withoutParentheses(String($0)) }
        arguments = (parts.first ?? "").split(separator: " ").map(String.init)
        let groups = parts.dropFirst().map { $0.drop { $0 != ":" }.dropFirst() }
        repeating = groups.flatMap { $0.split(separator: " ") }.map(String.init)
        replies = (fields["replies"] ?? "").split(separator: "|").compactMap { reply in
            reply.split(separator: " ").first.map(String.init)
        }
        includes = (fields["include"] ?? "").split(separator: " ").map(String.init)
    }

    private static func fields(of body: String) -> [String: String] {
        var fields: [String: String] = [:]
        var current: String?
        for line in body.split(separator: "\n").dropFirst() {
            guard line.hasPrefix("-- ") else { break }
            let text = line.dropFirst(3)
            if text.hasPrefix(" "), let name = current {
                fields[name, default: ""] += " " + text.drop { $0 == " " }
            } else if let colon = text.firstIndex(of: ":") {
                let name = String(text[..<colon])
                current = name
                fields[name] = String(text[text.index(after: colon)...].drop { $0 == " " })
            }
        }
        return fields
    }

    private static func withoutParentheses(_ text: String) -> String {
        var depth = 0
        return String(
            text.filter { character in
                if character == "(" { depth += 1 }
                defer { if character == ")" { depth -= 1 } }
                return depth == 0
            })
    }
}
