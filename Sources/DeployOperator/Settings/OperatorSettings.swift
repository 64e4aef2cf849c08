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
    /// Who submits; for a signed order the name that the key goes by, unless ``isOperatorSaid``.
    package var operatorName: OperatorName
    /// Whether somebody said that name: otherwise it is this machine's guess.
    package var isOperatorSaid = false
    /// How orders are signed.
    package var signing = Signing.unsaid
    /// An allowed_signers file as the hosts have it; nil when none is known here.
    package var allowedSigners: String?
    /// Where each of them was said, for who wonders.
    package var origins: [Origin] = []

    /// How orders are signed.
    package enum Signing: Sendable, Equatable {
        /// Nobody said; whoever submits must.
        case unsaid
        /// Not at all, said in words.
        case off
        /// With the key of this file: a private one, or a public one whose other half ssh-agent has.
        case key(String)
    }

    /// A setting as it is in force, and where it was said.
    package struct Origin: Sendable, Equatable {
        package let setting: String
        package let value: String
        package let place: String
    }

    /// Where and as whom: what is shown before every question.
    var place: String { place(of: operatorName) }

    /// The same, where the key has said who it is.
    func place(of name: OperatorName) -> String {
        let signed =
            switch signing {
            case .unsaid: ""
            case .off: ", signatures: off"
            case .key(let path): ", signing with \(VisibleText(path))"
            }
        return "fleet \(fleet), Redis \(redis), operator \(name)\(signed)"
    }

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
