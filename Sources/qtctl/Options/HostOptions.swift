import ArgumentParser
import DeployOperator

/// Which hosts a command is about.
struct HostOptions: ParsableArguments {
    @Option(
        name: .customLong("host"),
        help: ArgumentHelp(
            "Only these hosts: a name, a pattern (edge-*), a label (role=trading), or a file of such words (@hosts.txt); may be repeated.",
            valueName: "hosts"),
        completion: LiveNames.hosts)
    var words: [String] = []

    func selectors() throws(OperatorError) -> [HostSelector] { try .read(words) }
}
