import ArgumentParser
import Coordination
import DeployModel
import DeployOperator

/// The names that a shell offers for a word, asked of the fleet at that moment. Whoever presses a key waits a second at most, and
/// sees no error: then there is nothing to offer.
enum LiveNames {
    static let services = CompletionKind.custom { words, _, _ in
        await ask(words) { fleet in Set(try await fleet.hosts().flatMap(\.services).map(\.service.text)).sorted() }
    }

    static let hosts = CompletionKind.custom { words, _, _ in
        await ask(words) { fleet in
            let hosts = try await fleet.hosts()
            let labels = Set(hosts.flatMap { $0.labels.map { "\($0.key)=\($0.value)" } }).sorted()
            return hosts.map(\.name.text) + labels
        }
    }

    static let rollouts = CompletionKind.custom { words, _, _ in
        await ask(words) { fleet in ["@last"] + (try await fleet.rollouts(newest: 50).map(\.shortName)) }
    }

    static let contexts = CompletionKind.custom { _, _, _ in
        (try? UserFiles(environment: Session.environment()).contextNames()) ?? []
    }

    private static let patience: Duration = .seconds(1)

    private static func ask(
        _ words: [String], _ question: @escaping @Sendable (Fleet) async throws -> [String]
    ) async -> [String] {
        let console = Console(form: .text, isUTC: false) { _, _ in }
        guard let session = try? Session(FleetOptions(words), console) else { return [] }
        return await withTaskGroup(of: [String].self) { group in
            group.addTask { (try? await question(session.fleet)) ?? [] }
            group.addTask {
                try? await Task.sleep(for: patience)
                return []
            }
            let names = await group.next() ?? []
            group.cancelAll()
            return names
        }
    }
}

extension FleetOptions {
    /// Which fleet the words of an unfinished command line mean.
    fileprivate init(_ words: [String]) {
        self.init()
        func value(of option: String) -> String? {
            for (index, word) in words.enumerated() {
                if word.hasPrefix(option + "=") { return String(word.dropFirst(option.count + 1)) }
                if word == option, index + 1 < words.count { return words[index + 1] }
            }
            return nil
        }
        fleet = value(of: "--fleet")
        redis = value(of: "--redis")
        context = value(of: "--context")
    }
}
