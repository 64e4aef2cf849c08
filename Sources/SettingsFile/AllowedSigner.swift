internal import DeployModel
internal import FoundationEssentials

/// A line of an allowed_signers file (ssh-keygen(1), ALLOWED SIGNERS). ssh-keygen passes over a line that it can't read; here that
/// is an error, because a person believes that what stands there holds.
package struct AllowedSigner: Sendable, Equatable {
    /// Who may sign with the key: names and patterns, separated by commas.
    package let principals: String
    /// The options, as they stand: `valid-before="20270101"`.
    package let options: [String]
    /// The kind of key: `ssh-ed25519`.
    package let keyType: String
    /// The key, in base 64.
    package let key: String

    /// Whether the key is not itself a signer's, but signs certificates of signers.
    package var isAuthority: Bool { options.contains { $0.lowercased() == "cert-authority" } }

    /// Reads a whole file.
    ///
    /// - Throws: ``SettingsError`` with the line that ssh-keygen would pass over, or when nobody may sign at all.
    package static func parse(_ text: String, file: String) throws(SettingsError) -> [AllowedSigner] {
        var signers: [AllowedSigner] = []
        // By scalars: to Swift a carriage return and a line feed are one character.
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let words: [String]
            do throws(Unreadable) { words = try Self.words(Substring(line)) } catch {
                throw SettingsError(file: file, line: index + 1, problem: error.problem)
            }
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            do throws(Unreadable) { signers.append(try AllowedSigner(words)) } catch {
                throw SettingsError(file: file, line: index + 1, problem: error.problem)
            }
        }
        guard !signers.isEmpty else {
            throw SettingsError(
                file: file, line: nil, problem: "names nobody who may sign; put a line of qtctl keys generate into it")
        }
        return signers
    }

    private struct Unreadable: Error { let problem: String }

    private init(_ words: [String]) throws(Unreadable) {
        guard words.count >= 3 else {
            throw Unreadable(problem: "a line is: PRINCIPALS [OPTIONS] KEY-TYPE KEY")
        }
        principals = words[0].trimming("\"")
        let isKeyType = Self.isKeyType(words[1])
        options = isKeyType ? [] : Self.pieces(words[1])
        for option in options { try Self.check(option) }
        let names = options.map { $0.prefix { $0 != "=" }.lowercased() }
        guard Set(names).count == names.count else { throw Unreadable(problem: "an option stands twice") }
        let rest = words.dropFirst(isKeyType ? 1 : 2)
        guard let type = rest.first, Self.isKeyType(type) else {
            throw Unreadable(problem: "\(VisibleText(rest.first ?? words[1])) is no kind of key, such as ssh-ed25519")
        }
        guard let key = rest.dropFirst().first, Self.isKey(key, type) else {
            throw Unreadable(problem: "the key behind \(type) is damaged: copy the whole line of its .pub file")
        }
        keyType = type
        self.key = key
    }

    /// The words of a line; blanks within quotes part none.
    private static func words(_ line: Substring) throws(Unreadable) -> [String] {
        let words = split(line) { $0 == " " || $0 == "\t" || $0 == "\r" }
        guard words.isWhole else { throw Unreadable(problem: "a quotation mark has no end") }
        return words.parts.filter { !$0.isEmpty }
    }

    private static func pieces(_ options: String) -> [String] { split(options[...]) { $0 == "," }.parts }

    private static func split(
        _ text: Substring, where isSeparator: (Unicode.Scalar) -> Bool
    ) -> (parts: [String], isWhole: Bool) {
        var (parts, isQuoted) = ([String.UnicodeScalarView()], false)
        for scalar in text.unicodeScalars {
            if scalar == "\"" { isQuoted.toggle() }
            if !isQuoted, isSeparator(scalar) { parts.append(.init()) } else { parts[parts.count - 1].append(scalar) }
        }
        return (parts.map { String($0) }, !isQuoted)
    }

    /// The options that OpenSSH knows.
    private static func check(_ option: String) throws(Unreadable) {
        let name = option.prefix { $0 != "=" }.lowercased()
        let hasValue = option.contains("=\"") && option.hasSuffix("\"")
        switch name {
        case "cert-authority" where option.count == name.count: return
        case "namespaces" where hasValue: return
        case "valid-after" where hasValue, "valid-before" where hasValue:
            guard isTime(option.dropFirst(name.count + 2).dropLast()) else {
                throw Unreadable(
                    problem: "\(VisibleText(option.prefix(80))): a time is YYYYMMDD or YYYYMMDDHHMM[SS], with Z for UTC"
                )
            }
        default:
            throw Unreadable(
                problem: "\(VisibleText(option.prefix(80))) is no option: cert-authority, namespaces=\"...\", "
                    + "valid-after=\"...\" and valid-before=\"...\" are")
        }
    }

    private static func isKeyType(_ word: String) -> Bool {
        ["ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-"].contains { word.hasPrefix($0) }
    }

    private static func isTime(_ text: Substring) -> Bool {
        let digits = text.hasSuffix("Z") ? text.dropLast() : text
        return [8, 12, 14].contains(digits.utf8.count) && digits.utf8.allSatisfy { (48...57).contains($0) }
    }

    /// A key is a row of fields, each behind its length, of which the first is the text of its own kind (RFC 4253, section 6.6).
    private static func isKey(_ text: String, _ type: String) -> Bool {
        guard let data = Data(base64Encoded: text) else { return false }
        var (rest, fields) = (Array(data)[...], [ArraySlice<UInt8>]())
        while rest.count >= 4 {
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard length <= rest.count - 4 else { return false }
            fields.append(rest.dropFirst(4).prefix(length))
            rest = rest.dropFirst(4 + length)
        }
        return rest.isEmpty && fields.count > 1 && fields[0].elementsEqual(type.utf8)
    }
}

extension String {
    fileprivate func trimming(_ mark: Character) -> String {
        count > 1 && first == mark && last == mark ? String(dropFirst().dropLast()) : self
    }
}
