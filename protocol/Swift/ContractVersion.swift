/// The version of the contract that `protocol/SPEC.md` describes: the field `v` of every entry and hash.
package enum ContractVersion {
    /// What this program writes and understands.
    package static let current = "1"
}
