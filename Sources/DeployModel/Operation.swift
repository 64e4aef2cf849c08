/// What an attempt does at its targets.
package enum Operation: String, Sendable, CaseIterable {
    /// Checkout of the order's commit, restart, proof.
    case deploy
    /// Back to the commit that the host came from.
    case revert
    /// Restart and proof, without git.
    case restart
}
