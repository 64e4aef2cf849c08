/// The version of the whole product: agent, CLI and contract are released together.
package enum ProductVersion {
    /// By semver.org; raised with CHANGELOG.md.
    package static let current = "0.1.0"
}
