package import DeployModel

/// How a service on a host differs from what a look at it would let one believe. The remote is not asked.
package enum ServiceDrift: String, Sendable, CaseIterable {
    /// The process runs another commit than is checked out, or has started in the middle of a checkout.
    case running
    /// The checkout stands at another commit than the last one that was proven on the host.
    case checkout
}

extension ServiceFacts {
    /// Whether a service differs so.
    ///
    /// - Parameters:
    ///   - drift: the kind.
    ///   - proven: the commit that was proven last on the host.
    /// - Returns: whether it does; nil where that is not known.
    package func has(_ drift: ServiceDrift, proven: CommitID?) -> Bool? {
        switch drift {
        case .running:
            if basis == "mixed" { return true }
            guard let running, let checkout else { return nil }
            return running != checkout
        case .checkout:
            guard let proven, let checkout else { return nil }
            return checkout != proven
        }
    }

    /// Whether systemd calls the unit active.
    package var isActive: Bool { unitState == "active" }
}
