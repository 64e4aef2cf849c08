import DeployModel
import SettingsFile

extension ServiceConfiguration {
    init(_ value: SettingsValue) throws(SettingsError) {
        let members = try value.members(["unit", "source", "order", "allow_root", "checks", "prepare"])
        guard let unit = members["unit"] else { throw value.error("unit: is missing") }
        guard let source = members["source"] else { throw value.error("source: is missing") }
        name = try unit.name()
        self.source = try source.name()
        order = try members["order"]?.number(0...1_000_000) ?? 100
        allowRoot = try members["allow_root"]?.flag() ?? false
        checks = try members["checks"].map(Checks.init) ?? Checks(metrics: nil, log: .byDefault)
        prepare = try members["prepare"].map(Self.commands) ?? []
    }

    private static func commands(_ value: SettingsValue) throws(SettingsError) -> [[String]] {
        var commands: [[String]] = []
        for item in try value.items() {
            var words: [String] = []
            for word in try item.items() { words.append(try word.text()) }
            guard words.first?.hasPrefix("/") == true else {
                throw item.error("a list of words is expected here, the first an absolute path")
            }
            commands.append(words)
        }
        return commands
    }
}

extension ServiceConfiguration.Checks {
    init(_ value: SettingsValue) throws(SettingsError) {
        let members = try value.members(["metrics", "log"])
        metrics = try members["metrics"].map(ServiceConfiguration.MetricsCheck.init)
        log = try members["log"].map(ServiceConfiguration.LogCheck.init) ?? .byDefault
    }
}

extension ServiceConfiguration.MetricsCheck {
    init(_ value: SettingsValue) throws(SettingsError) {
        let members = try value.members(["mode", "port", "port_from", "path", "expect"])
        mode = try members["mode"]?.choice() ?? .require
        switch (members["port"], members["port_from"]) {
        case (let number?, nil): port = .number(try number.number(1...65535))
        case (nil, let variable?): port = .variable(try variable.text())
        case (nil, nil), (_?, _?): throw value.error("either port or port_from is expected here")
        }
        path = try members["path"]?.text() ?? "/metrics"
        guard path.hasPrefix("/"), path.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw value.error("path must begin with / and hold printable ASCII without blanks")
        }
        expect = try members["expect"]?.text()
    }
}

extension ServiceConfiguration.LogCheck {
    init(_ value: SettingsValue) throws(SettingsError) {
        let members = try value.members(["mode", "deny", "tell"])
        mode = try members["mode"]?.choice() ?? .require
        isTold = try members["tell"]?.flag() ?? true
        guard let list = members["deny"] else {
            deny = Self.byDefault.deny
            return
        }
        var texts: [String] = []
        for item in try list.items() { texts.append(try item.text()) }
        deny = texts
    }
}
