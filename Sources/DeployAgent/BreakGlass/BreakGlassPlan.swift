import Coordination
import DeployModel

/// What a deployment by hand would do: made without touching a file of a work tree, for a person to say yes or no to.
package struct BreakGlassPlan: Sendable {
    let order: Order
    let host: HostName
    /// The services, as they stand.
    let looks: [BreakGlassLook]
    /// The first line of the commit's message.
    var subject = ""
    /// How each checkout lies to the commit, in the order of the paths, each once.
    var ways: [Way] = []
    /// Who has the lease, in words.
    var lease = ""

    /// Where a commit lies, seen from what is checked out.
    enum Way: Equatable, Sendable, CustomStringConvertible {
        case same
        case ahead(Int)
        case back(Int)
        /// Neither contains the other.
        case aside

        var description: String {
            switch self {
            case .same: "what is checked out"
            case .ahead(let count): "\(count) commit\(count == 1 ? "" : "s") ahead"
            case .back(let count): "\(count) commit\(count == 1 ? "" : "s") BACK"
            case .aside: "on ANOTHER LINE of history"
            }
        }
    }

    /// The plan in one line, for the host's own log.
    package var headline: String {
        "break-glass \(order.id.breakGlassName) begins: \(order.commit) to \(looks.map(\.service.text).joined(separator: " ")) "
            + "by \(order.operatorName): \(order.reason.text)"
    }

    /// The plan, for a person.
    package var text: String {
        let ways = ways.map(\.description).joined(separator: " and ")
        let said = subject.isEmpty ? "" : ": \(VisibleText(subject))"
        return """
            break-glass \(order.id.breakGlassShort): \(host) of fleet \(order.fleet), by \(order.operatorName)
            reason: \(VisibleText(order.reason.text))
            commit \(order.commit.short) of \(order.source), branch \(order.branch), \(ways)\(said)
            \(BreakGlassLook.table(looks))
            lease: \(lease)
            """
    }

    /// What is asked.
    package var question: String {
        "deploy \(order.commit.short) to \(looks.count) service\(looks.count == 1 ? "" : "s") of \(host) now? "
            + "They are restarted, one after the other."
    }
}
