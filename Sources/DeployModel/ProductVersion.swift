internal import CProductVersion

/// The version of the whole product: agent, CLI and contract are released together.
package enum ProductVersion {
    /// By semver.org. A release that was not built from its tag has the commit behind a `+`: `0.1.0+g8e5c638`.
    package static let current = String(cString: qtdeploy_version())
}
