import DeployModel
import SettingsFile
import Testing

@testable import DeployOperator

@Suite struct OperatorSettingsTests {
    static let file = """
        context: lab
        contexts:
          lab: {fleet: lab, redis: "redis:6379", signatures: off, operator: ann}
          prod: {fleet: prod, redis: "unix:/run/redis.sock", username: qt, password_file: /p, signatures: off}
        """

    private func resolve(
        _ flags: OperatorSettings.Flags = .init(), file: String? = nil, _ environment: [String: String] = [:]
    ) throws -> OperatorSettings {
        try OperatorSettings.resolve(
            flags, file: file.map { ("config.yaml", $0) }, environment: environment, hostname: "box.example")
    }

    private func words(
        _ flags: OperatorSettings.Flags = .init(), file: String? = nil, _ environment: [String: String] = [:]
    ) -> String {
        let error = #expect(throws: OperatorError.self) { try resolve(flags, file: file, environment) }
        #expect(error?.exitCode == .usage)
        return error?.description ?? ""
    }

    @Test func theFilesContextIsTheDefault() throws {
        let settings = try resolve(file: Self.file)
        #expect(settings.fleet.text == "lab")
        #expect(settings.operatorName.text == "ann")
    }

    @Test func flagThenVariableThenFile() throws {
        let variables = ["QTCTL_FLEET": "two", "QTCTL_REDIS": "r:1", "REDIS_HOST": "stack"]
        #expect(try resolve(file: Self.file, variables).fleet.text == "two")
        #expect(try resolve(.init(fleet: "three"), file: Self.file, variables).fleet.text == "three")
        #expect(try resolve(.init(redis: "r:2"), file: Self.file, variables).redis == "r:2")
        #expect(try resolve(.init(context: "prod"), file: Self.file).redis == "unix:/run/redis.sock")
        #expect(try resolve(file: Self.file, ["QTCTL_CONTEXT": "prod"]).passwordFile == "/p")
    }

    @Test func theContextsTLSHoldsForWhateverAddress() throws {
        let file = Self.file.replacing("prod, redis", with: "prod, tls: {ca_file: /ca.pem}, redis")
        #expect(try resolve(.init(context: "lab"), file: file).tls == nil)
        #expect(try resolve(.init(context: "prod"), file: file).tls?.authorities.text == "/ca.pem")
        #expect(try resolve(.init(redis: "r:2", context: "prod"), file: file).tls?.authorities.text == "/ca.pem")
        let variables = [
            "QTCTL_REDIS": "r:3", "QTCTL_REDIS_TLS_CA_FILE": "/own.pem", "QTCTL_REDIS_TLS_SERVER_NAME": "n",
        ]
        let tls = try resolve(.init(context: "prod"), file: file, variables).tls
        #expect(tls?.authorities.text == "/own.pem" && tls?.serverName?.text == "n")
        #expect(tls?.error(about: "/own.pem", "no").description == "QTCTL_REDIS_TLS_CA_FILE: no")
        #expect(
            words(.init(context: "lab"), file: Self.file, ["QTCTL_REDIS_TLS_KEY_FILE": "/k"]).contains("CA_FILE too"))
        let alone = ["QTCTL_REDIS_TLS_CA_FILE": "/ca.pem", "QTCTL_REDIS_TLS_KEY_FILE": "/k"]
        #expect(words(.init(context: "lab"), file: Self.file, alone).contains("go together"))
    }

    @Test func theStacksVariablesGiveTheAddressAlone() throws {
        let stack = ["QTCTL_FLEET": "a", "QTCTL_SIGNATURES": "off", "REDIS_HOST": "stack", "REDIS_PORT": "7000"]
        #expect(try resolve(stack).redis == "stack:7000")
        #expect(try resolve(stack).operatorName.text == "somebody@box.example")
    }

    private func resolve(_ environment: [String: String]) throws -> OperatorSettings {
        try resolve(.init(), file: nil, environment)
    }

    @Test func thePersonBehindSudoIsTheOperator() throws {
        let variables = [
            "QTCTL_FLEET": "a", "QTCTL_REDIS": "r:1", "QTCTL_SIGNATURES": "off", "USER": "root", "SUDO_USER": "ann b",
        ]
        #expect(try resolve(variables).operatorName.text == "ann-b@box.example")
    }

    @Test func whatIsMissingIsNamedWithTheWaysToSayIt() {
        #expect(words().contains("--fleet, QTCTL_FLEET"))
        #expect(words([:].merging(["QTCTL_FLEET": "a"]) { $1 }).contains("--redis, QTCTL_REDIS"))
        #expect(words(["QTCTL_FLEET": "A", "QTCTL_REDIS": "r:1", "QTCTL_SIGNATURES": "off"]).contains("fleet name"))
        #expect(
            words(["QTCTL_FLEET": "a", "QTCTL_REDIS": "r:1", "QTCTL_SIGNATURES": "on"]).contains(
                "off is, and signing_key"))
    }

    /// Who only looks need say nothing of it; both at once is a contradiction, whoever said which.
    @Test func aKeySignsAndItsAbsenceIsSaidInWords() throws {
        let place = ["QTCTL_FLEET": "a", "QTCTL_REDIS": "r:1", "HOME": "/home/ann"]
        #expect(try resolve(place).signing == .unsaid)
        #expect(try resolve(place.merging(["QTCTL_SIGNATURES": "off"]) { $1 }).signing == .off)
        let key = place.merging(["QTCTL_SIGNING_KEY": "~/.ssh/id"]) { $1 }
        #expect(try resolve(key).signing == .key("/home/ann/.ssh/id"))
        let file = "context: lab\ncontexts:\n  lab: {signatures: off}\n"
        #expect(words(file: file, key).contains("signatures is off (config.yaml:3) and signing_key is set"))
        #expect(try resolve(key).isOperatorSaid == false)
        #expect(try resolve(key.merging(["QTCTL_OPERATOR": "ann"]) { $1 }).isOperatorSaid)
        let signers = key.merging(["QTCTL_ALLOWED_SIGNERS": "~/signers"]) { $1 }
        #expect(try resolve(signers).allowedSigners == "/home/ann/signers")
    }

    private func words(_ environment: [String: String]) -> String { words(.init(), file: nil, environment) }

    @Test func aBadFileIsNamedWithItsLine() {
        #expect(words(file: "contexts:\n  lab:\n    flet: x\n").contains("lab") == false)
        #expect(
            words(file: "context: lab\ncontexts:\n  lab:\n    flet: x\n").hasPrefix("config.yaml:4: contexts.lab.flet"))
        #expect(words(.init(context: "lob"), file: Self.file).contains("lab was meant"))
        #expect(words(.init(context: "lab")).contains("no settings file"))
    }
}
