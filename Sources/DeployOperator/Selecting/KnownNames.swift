import Coordination
import DeployModel
import SettingsFile

/// Checks the words of a command against what the fleet has, so that a slip of the pen is told and never just finds nothing.
enum KnownNames {
    /// - Throws: ``OperatorError/refused(_:)`` for the first selector that no host fits.
    static func check(_ selectors: [HostSelector], among records: [HostRecord]) throws(OperatorError) {
        for selector in selectors where !records.contains(where: selector.matches) {
            throw .refused(Refusal(.hostUnknown, message(selector, records), remedy: remedy(selector, records)))
        }
    }

    private static func message(_ selector: HostSelector, _ records: [HostRecord]) -> String {
        switch selector {
        case .name(let name): "fleet has no host \(name)" + near(name.text, records.map(\.name.text))
        case .pattern(let pattern): "no host's name fits \(pattern)"
        case .label(let key, let value):
            "no host has the label \(key)=\(value)" + near("\(key)=\(value)", labels(records))
        }
    }

    private static func remedy(_ selector: HostSelector, _ records: [HostRecord]) -> String {
        guard case .label = selector else { return "see: qtctl agents list" }
        let known = labels(records)
        guard !known.isEmpty else { return "no host has labels: they are set in its agent.yaml" }
        return "known: \(known.prefix(20).joined(separator: ", "))" + (known.count > 20 ? "..." : "")
    }

    private static func labels(_ records: [HostRecord]) -> [String] {
        Set(records.flatMap { $0.labels.map { "\($0.key)=\($0.value)" } }).sorted()
    }

    /// - Throws: ``OperatorError/refused(_:)`` for the first service that no host has told of.
    static func check(_ services: [ServiceName], among records: [HostRecord]) throws(OperatorError) {
        let known = Set(records.flatMap(\.services).map(\.service.text)).sorted()
        for name in services where !known.contains(name.text) {
            throw .refused(
                Refusal(
                    .serviceUnknown, "no host has a service \(name)" + near(name.text, known),
                    remedy: known.isEmpty
                        ? "no host has told of any service yet: qtctl agents list"
                        : "known: \(known.joined(separator: ", "))"))
        }
    }

    private static func near(_ word: String, _ known: [String]) -> String {
        NearWord.of(word, among: known).map { "; \($0) was meant?" } ?? ""
    }
}
