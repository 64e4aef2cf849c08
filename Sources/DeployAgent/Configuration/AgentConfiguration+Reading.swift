import DeployModel
package import SettingsFile

extension AgentConfiguration {
    private static let topKeys = [
        "fleet", "host", "labels", "redis", "signatures", "policy", "state_directory", "sources", "services", "timings",
        "metrics",
    ]

    /// Reads and merges the texts of settings files, the main one first. A key of a later file replaces the earlier one's;
    /// lists of services and maps of sources and labels are joined.
    ///
    /// - Throws: ``SettingsError`` with file and line for anything unknown, missing or malformed.
    package static func read(_ files: [(name: String, text: String)]) throws(SettingsError) -> AgentConfiguration {
        var merged = Merged()
        for file in files { try merged.add(try SettingsValue.parse(file.text, file: file.name)) }
        let main = files.first?.name ?? "agent.yaml"
        func required<Value>(_ value: Value?, _ key: String) throws(SettingsError) -> Value {
            guard let value else { throw SettingsError(file: main, line: nil, problem: "\(key): is missing") }
            return value
        }
        guard let signatures = merged.signatures else {
            throw SettingsError(
                file: main, line: nil,
                problem:
                    "signatures: is missing; say required, or off in words: then whoever writes to Redis may deploy")
        }
        let configuration = AgentConfiguration(
            fleet: try required(merged.fleet, "fleet"), host: try required(merged.host, "host"), labels: merged.labels,
            redis: try required(merged.redis, "redis"), signatures: signatures, policy: merged.policy,
            stateDirectory: merged.stateDirectory,
            sources: merged.sources,
            services: merged.services.sorted { ($0.order, $0.name) < ($1.order, $1.name) }, timings: merged.timings,
            metrics: merged.metrics)
        if signatures == .off, let name = configuration.sources.first(where: { $0.value.needsSignedCommits })?.key {
            throw SettingsError(
                file: main, line: nil,
                problem:
                    "source \(name) needs signed commits, and with signatures: off nobody's signature is known here")
        }
        for service in configuration.services where configuration.sources[service.source] == nil {
            throw SettingsError(
                file: main, line: nil,
                problem: "service \(service.name) names source \(service.source), which is not among sources")
        }
        return configuration
    }

    /// What has been read so far.
    private struct Merged {
        var fleet: FleetName?
        var host: HostName?
        var labels: [LabelKey: LabelValue] = [:]
        var redis: RedisSettings?
        var signatures: SignatureSettings?
        var policy = HostPolicy()
        var stateDirectory = "/var/lib/qtagent"
        var sources: [SourceName: SourceConfiguration] = [:]
        var services: [ServiceConfiguration] = []
        var timings = Timings()
        var metrics: MetricsSettings?

        mutating func add(_ root: SettingsValue) throws(SettingsError) {
            let members = try root.members(AgentConfiguration.topKeys)
            if let value = members["fleet"] { fleet = try value.name() }
            if let value = members["host"] { host = try value.name() }
            if let value = members["labels"] {
                for (_, label) in try value.anyMembers() { labels[try label.key()] = try label.name() }
            }
            if let value = members["redis"] { redis = try RedisSettings(value, replacing: redis) }
            if let value = members["signatures"] { signatures = try SignatureSettings.read(value) }
            if let value = members["policy"] { policy = try HostPolicy.read(value) }
            if let value = members["state_directory"] {
                let path: CanonicalPath = try value.name()
                stateDirectory = path.text
            }
            if let value = members["sources"] {
                for (_, source) in try value.anyMembers() {
                    sources[try source.key()] = try SourceConfiguration(source)
                }
            }
            if let value = members["services"] {
                for item in try value.items() {
                    let service = try ServiceConfiguration(item)
                    guard !services.contains(where: { $0.name == service.name }) else {
                        throw item.error("service \(service.name) stands twice")
                    }
                    services.append(service)
                }
            }
            if let value = members["timings"] { timings = try Timings(value) }
            if let value = members["metrics"] { metrics = try MetricsSettings.read(value) }
        }
    }
}

extension SettingsValue {
    /// A text that follows a strict grammar.
    func name<Name: GrammarText>() throws(SettingsError) -> Name {
        let text = try text()
        do throws(InvalidText) { return try Name(text) } catch { throw self.error(error.description) }
    }

    /// The last part of this value's path, as a name: for mappings with keys of the writer's choice.
    func key<Name: GrammarText>() throws(SettingsError) -> Name {
        let text = path.split(separator: ".").last.map(String.init) ?? ""
        do throws(InvalidText) { return try Name(text) } catch { throw self.error(error.description) }
    }

    /// One word of a closed list.
    func choice<Choice: RawRepresentable & CaseIterable>() throws(SettingsError) -> Choice
    where Choice.RawValue == String {
        guard let choice = Choice(rawValue: try text()) else {
            throw error("one of \(Choice.allCases.map(\.rawValue).joined(separator: ", ")) is expected here")
        }
        return choice
    }
}

extension AgentConfiguration.RedisSettings {
    /// Reads a block, which replaces that of an earlier file as a whole; but TLS is given up in words only.
    init(_ value: SettingsValue, replacing earlier: Self?) throws(SettingsError) {
        let members = try value.members(["address", "tls", "username", "password_file"])
        guard let address = members["address"] else { throw value.error("address: is missing") }
        self.address = try address.placed()
        if let block = members["tls"] {
            tls = try TLSSettings.read(block)
        } else if earlier?.tls != nil {
            throw value.error("this block replaces one with tls: repeat tls here, or say tls: off")
        }
        username = try members["username"]?.text()
        passwordFile = try members["password_file"]?.text()
    }
}

extension AgentConfiguration.SourceConfiguration {
    init(_ value: SettingsValue) throws(SettingsError) {
        let members = try value.members(["remote", "branches", "signed_commits"])
        guard let branches = members["branches"] else { throw value.error("branches: is missing") }
        if let named = members["remote"] { remote = try named.name() } else { remote = RemoteName(accepted: "origin") }
        var names: [BranchName] = []
        for item in try branches.items() { names.append(try item.name()) }
        guard !names.isEmpty else { throw branches.error("at least one branch is expected here") }
        self.branches = names
        if let word = members["signed_commits"] {
            switch try word.text() {
            case "required": needsSignedCommits = true
            case "off": break
            default: throw word.error("required or off is expected here")
            }
        }
    }
}

extension Timings {
    init(_ value: SettingsValue) throws(SettingsError) {
        self.init()
        let members = try value.members([
            "stable_for", "verify_slack", "lease_wait", "fetch", "prepare", "restart", "beat",
        ])
        if let value = members["stable_for"] { stableFor = try value.duration() }
        if let value = members["verify_slack"] { verifySlack = try value.duration() }
        if let value = members["lease_wait"] { leaseWait = try value.duration() }
        if let value = members["fetch"] { fetch = try value.duration() }
        if let value = members["prepare"] { prepare = try value.duration() }
        if let value = members["restart"] { restart = try value.duration() }
        if let value = members["beat"] { beat = try value.duration() }
        guard stableFor >= .seconds(1), beat >= .milliseconds(200) else {
            throw value.error("stable_for must be at least 1s and beat at least 200ms")
        }
    }
}
