import ArgumentParser
import DeployModel

/// Names and times of the command line, read by the model's grammars.
enum Words {
    static func name<Name: GrammarText>(_ text: String) throws -> Name {
        do { return try Name(text) } catch { throw ValidationError("\(error)") }
    }

    static func reason(_ text: String) throws -> Reason {
        do { return try Reason(text) } catch { throw ValidationError("\(error)") }
    }

    static func waves(_ text: String) throws -> WaveSizes {
        do { return try WaveSizes(text) } catch { throw ValidationError("\(error)") }
    }

    static func time(_ text: String) throws -> Duration {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units: [Substring: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        guard let number = Int64(digits), number < 1_000_000, let unit = units[text.dropFirst(digits.count)] else {
            throw ValidationError("\"\(VisibleText(text))\" is not a time such as 30s, 5m, 4h or 7d")
        }
        return .seconds(number * unit)
    }
}
