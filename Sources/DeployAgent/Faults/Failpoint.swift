import Glibc
import Synchronization
import SystemPackage

/// The boundaries of a host job and of the agent's loop at which a fault can be planted: after what the name says, before
/// what comes next. Fault tests walk them all; see `ops/faults`.
///
/// They are compiled in for debug builds, and for release builds only with `QTDEPLOY_FAILPOINTS=1` in the environment of the
/// build. Without them ``pass()`` is nothing.
package enum Failpoint: String, CaseIterable, Sendable {
    // The agent's loop.
    case offered
    case admitted
    case journaled
    case accepted
    // Before the first change.
    case inspected
    case locked
    case fetching
    case fetched
    case granted
    case claimed
    // The change.
    case checkoutBegun = "checkout_begun"
    case checkoutMoved = "checkout_moved"
    case checkoutDone = "checkout_done"
    case prepared
    case restartBegun = "restart_begun"
    case restarted
    case restartDone = "restart_done"
    case verifying
    case verified
    // The way back.
    case revertBegun = "revert_begun"
    case revertCheckoutDone = "revert_checkout_done"
    case revertRestartBegun = "revert_restart_begun"
    case revertRestarted = "revert_restarted"
    // The end.
    case reported
    case spooled
    case ended
    case published

    /// Says that the agent has come to this boundary. A planted fault strikes here.
    @inline(__always) func pass() {
        #if FAILPOINTS
        Self.planted?.strike(at: self)
        #endif
    }
}

extension Failpoint {
    /// What `QT_FAILPOINT` says: `name:action[:n[:ms]]`.
    ///
    /// It strikes `ms` milliseconds (0) after the `n`th (1st) pass of the boundary. `kill` is SIGKILL to the agent alone;
    /// `wait` writes the boundary's name to the file `failpoint` in the state directory and holds the agent until somebody
    /// removes it, so that any other fault can be made at just that moment.
    struct Plan: Equatable, Sendable {
        enum Action: String, Sendable {
            case kill, wait
        }
        var point: Failpoint
        var action: Action
        var pass = 1
        var milliseconds = 0
    }

    /// What is wrong with `QT_FAILPOINT`.
    package struct Malformed: Error, CustomStringConvertible {
        let text: String

        package var description: String {
            "QT_FAILPOINT=\(text): use name:kill|wait[:n[:ms]] with one of "
                + Failpoint.allCases.map(\.rawValue).joined(separator: " ")
        }
    }

    /// Reads a plan.
    ///
    /// - Throws: ``Malformed``; it names the words that are known.
    static func plan(_ text: String) throws(Malformed) -> Plan {
        let words = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let numbers = words.dropFirst(2).map { Int($0) ?? -1 }
        guard (2...4).contains(words.count), let point = Failpoint(rawValue: words[0]),
            let action = Plan.Action(rawValue: words[1]), numbers.first ?? 1 > 0, numbers.allSatisfy({ $0 >= 0 })
        else { throw Malformed(text: text) }
        return Plan(
            point: point, action: action, pass: numbers.first ?? 1, milliseconds: numbers.dropFirst().first ?? 0)
    }

    /// Reads `QT_FAILPOINT` when the daemon starts.
    ///
    /// - Returns: a remark for the log, or nil when no fault is planted.
    /// - Throws: ``Malformed``, so that a fault test never passes because of a misspelt name.
    package static func prepare() throws(Malformed) -> String? {
        guard let text = getenv("QT_FAILPOINT").map({ String(cString: $0) }), !text.isEmpty else { return nil }
        #if FAILPOINTS
        _ = try plan(text)
        return "a fault is planted"
        #else
        return "QT_FAILPOINT is ignored: this build has no failpoints"
        #endif
    }
}

#if FAILPOINTS
extension Failpoint {
    fileprivate static let planted: Planted? = getenv("QT_FAILPOINT").flatMap {
        (try? plan(String(cString: $0))).map { Planted(plan: $0) }
    }

    /// A plan with its count.
    fileprivate final class Planted: Sendable {
        private let plan: Plan
        private let passes = Mutex(0)

        init(plan: Plan) { self.plan = plan }

        func strike(at point: Failpoint) {
            guard point == plan.point else { return }
            let count = passes.withLock { passes in
                passes += 1
                return passes
            }
            guard count == plan.pass else { return }
            switch plan.action {
            case .kill where plan.milliseconds > 0: killLater()
            case .kill: kill(getpid(), SIGKILL)
            case .wait: wait()
            }
        }

        /// A thread of its own, because the job goes on meanwhile.
        private func killLater() {
            var thread = pthread_t()
            let delay = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
            delay.initialize(to: UInt32(plan.milliseconds) * 1000)
            pthread_create(
                &thread, nil,
                { argument in
                    usleep(argument?.load(as: UInt32.self) ?? 0)
                    kill(getpid(), SIGKILL)
                    return nil
                }, delay)
        }

        private func wait() {
            usleep(UInt32(plan.milliseconds) * 1000)
            let folder = getenv("STATE_DIRECTORY").map { String(cString: $0) } ?? "/tmp"
            let file = FilePath(folder).appending("failpoint")
            // Not synced: that would also save what the agent should have synced before it came here.
            let text = plan.point.rawValue + "\n"
            let marker = try? FileDescriptor.open(
                file, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
            _ = try? marker?.closeAfter { try marker?.writeAll(text.utf8) }
            while access(file.string, F_OK) == 0 { usleep(5000) }
        }
    }
}
#endif
