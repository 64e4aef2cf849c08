package import DeployModel
package import SettingsFile

/// Which fleet, through which Redis, as whom: what every command that speaks to a fleet needs.
package struct OperatorSettings: Sendable, Equatable {
    /// The fleet.
    package var fleet: FleetName
    /// Redis, as `host:port` or `unix:/path`.
    package var redis: String
    /// TLS to it; nil for none.
    package var tls: TLSSettings?
    /// The ACL user; nil for the default one.
    package var username: String?
    /// A file with the password in its first line; nil for none.
    package var passwordFile: String?
    /// Who submits.
    package var operatorName: OperatorName
    /// Where each of them was said, for who wonders.
    package var origins: [Origin] = []

    /// A setting as it is in force, and where it was said.
    package struct Origin: Sendable, Equatable {
        package let setting: String
        package let value: String
        package let place: String
    }

    /// Where and as whom: what is shown before every question.
    var place: String { "fleet \(fleet), Redis \(redis), operator \(operatorName), signatures: off" }

    /// What was said on the command line.
    package struct Flags: Sendable, Equatable {
        package var fleet: String?
        package var redis: String?
        package var context: String?

        /// Nothing was said.
        package init(fleet: String? = nil, redis: String? = nil, context: String? = nil) {
            self.fleet = fleet
            self.redis = redis
            self.context = context
        }
    }
}
