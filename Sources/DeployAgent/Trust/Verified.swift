import Coordination
import DeployModel
import HostControl
import SettingsFile

/// An order that this host may act on, and on what ground. Nothing behind admission takes anything else, and it is made in this
/// file alone.
struct Verified: Sendable {
    let order: Order
    let ground: Ground

    /// Why the order counts.
    enum Ground: Sendable, Equatable {
        /// Signed, by the key with this fingerprint; text and signature as they were judged.
        case signed(key: String, text: [UInt8], signature: [UInt8])
        /// `signatures: off`: whoever can write to Redis is believed.
        case unsigned
        /// Written down by this host once it had been admitted; what its job still may do begins nothing.
        case journal
        /// Root of this host asked for it, by hand.
        case root

        /// For the log.
        var words: String {
            switch self {
            case .signed(let key, _, _): "signed by \(key)"
            case .unsigned: "unsigned"
            case .journal: "its journal"
            case .root: "root"
            }
        }
    }

    /// Whether it came from an operator by way of Redis: then its time and this host's policy bind it until it changes something.
    var isOrdered: Bool {
        switch ground {
        case .signed, .unsigned: true
        case .journal, .root: false
        }
    }

    fileprivate init(_ order: Order, _ ground: Ground) {
        self.order = order
        self.ground = ground
    }

    /// The order of a journal that lies in this host's own state directory.
    static func ofJournal(_ text: [UInt8]) throws(Refusal) -> Verified { Verified(try Order(text: text), .journal) }

    /// An order that root made at this host's keyboard.
    static func byRoot(_ order: Order) -> Verified { Verified(order, .root) }
}

/// Judges whether an order is its operator's.
///
/// The files are read for each judgement: whoever is taken out of them is refused from then on.
struct OrderTrust: Sendable {
    let settings: SignatureSettings
    let runner: any CommandRunning

    /// The order, when its operator signed these bytes of it.
    ///
    /// - Throws: a ``Refusal`` with rule `signature_required`, `signature_wrong` or `trust_unusable`.
    func judge(_ order: Order, text: [UInt8], signature: [UInt8]) async throws(Refusal) -> Verified {
        guard let files = try files() else { return Verified(order, .unsigned) }
        guard !signature.isEmpty else {
            throw Refusal(
                .signatureRequired, "the order of \(order.operatorName) is not signed, and this host demands it",
                remedy: "set signing_key for qtctl, and look with: qtctl keys check")
        }
        let key = try await key(order, text, signature, files)
        return Verified(order, .signed(key: key, text: text, signature: signature))
    }

    /// Asks again, by the files as they are now: before the first thing that can't be undone without a restart.
    ///
    /// - Throws: a ``Refusal`` as of ``judge(_:text:signature:)``.
    func confirm(_ verified: Verified) async throws(Refusal) {
        guard case .signed(_, let text, let signature) = verified.ground else { return }
        // Root has meanwhile said that no signature is needed.
        guard let files = try files() else { return }
        _ = try await key(verified.order, text, signature, files)
    }

    /// The files that decide, as ssh-keygen takes them; nil where no signature is required.
    func files() throws(Refusal) -> SignatureVerifier.Files? {
        do throws(SettingsError) { return try settings.trustedFiles() } catch {
            throw Refusal(.trustUnusable, "who may sign is not known on this host: \(error)")
        }
    }

    private func key(
        _ order: Order, _ text: [UInt8], _ signature: [UInt8], _ files: SignatureVerifier.Files
    ) async throws(Refusal) -> String {
        let finding: SignatureVerifier.Finding
        do throws(HostError) {
            finding = try await SignatureVerifier(runner: runner).verify(
                text, signature: signature, by: order.operatorName.text, files)
        } catch {
            throw Refusal(.trustUnusable, "the signature can't be judged on this host: \(error)")
        }
        switch finding {
        case .good(let key): return key
        case .bad(let why):
            throw Refusal(
                .signatureWrong, "the signature of \(order.operatorName) does not count: \(why)",
                remedy: "look with: qtctl keys check; who may sign stands in \(files.allowedSigners) on each host")
        }
    }
}
