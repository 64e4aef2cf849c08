import Coordination
import DeployModel
import DeployProtocol
import RedisClient
import SystemPackage
import TestSupport
import Testing

@testable import DeployOperator

/// `qtctl keys`, and orders that are signed: the program with real keys.
@Suite(.timeLimit(.minutes(5))) struct KeysTests {
    private static let fleet = ["QTCTL_FLEET": "lab", "QTCTL_REDIS": "unix:/nowhere/s"]

    private func variables(_ keys: SigningKeys, _ name: String) -> [String: String] {
        Self.fleet.merging(["QTCTL_SIGNING_KEY": keys.file(name), "QTCTL_ALLOWED_SIGNERS": keys.signers]) { $1 }
    }

    @Test func aKeyIsMadeOnceAndItsLineIsTheOneThatHostsNeed() async throws {
        try await SigningKeys.with([]) { keys in
            let home = ["HOME": keys.folder.string]
            let made = await Qtctl.run("qtctl keys generate --as ann --no-passphrase 2>/dev/null", home)
            #expect(made.code == 0 && made.output.hasPrefix(#"ann namespaces="qtdeploy" ssh-ed25519 AAAA"#), "\(made)")
            try keys.write(made.output, to: keys.signers)
            let key = keys.folder.string + "/.config/qtctl/key"
            let modes = await Qtctl.run("stat -c %a \(key) $(dirname \(key))", home)
            #expect(modes.output == "600\n700\n")
            let checked = await Qtctl.run(
                "qtctl keys check",
                Self.fleet.merging(home) { $1 }.merging([
                    "QTCTL_SIGNING_KEY": "~/.config/qtctl/key", "QTCTL_ALLOWED_SIGNERS": keys.signers,
                ]) { $1 })
            #expect(checked.code == 0 && checked.output.contains("operator     ann"), "\(checked)")
            let again = await Qtctl.run("qtctl keys generate --as ann --no-passphrase 2>&1", home)
            #expect(again.code == 2 && again.output.contains("exists already"), "\(again)")
        }
    }

    /// Nobody can be asked here, and an empty passphrase is none.
    @Test func aKeyWithoutThePassphraseThatWasWantedIsTakenAway() async throws {
        try await SigningKeys.with([]) { keys in
            let home = ["HOME": keys.folder.string]
            let made = await Qtctl.run(
                "export -f qtctl; setsid -w bash -c 'qtctl keys generate --as ann' 2>&1 </dev/null", home)
            let left = await Qtctl.run("ls $HOME/.config/qtctl", home)
            #expect(made.code != 0 && left.output.isEmpty, "\(made) \(left)")
        }
    }

    @Test func aRevokedKeyIsNotBelievedHereEither() async throws {
        try await SigningKeys.with(["ann"]) { keys in
            try keys.write(try keys.publicKey("ann") + "\n", to: keys.revoked)
            let checked = await Qtctl.run("qtctl keys check 2>&1", variables(keys, "ann"))
            #expect(checked.code == 9 && checked.output.contains("or it is revoked"), "\(checked)")
        }
    }

    @Test func theListMarksYoursAndNamesALineThatIsWrong() async throws {
        try await SigningKeys.with(["ann", "bob"]) { keys in
            let listed = await Qtctl.run("qtctl keys list 2>&1", variables(keys, "bob"))
            let fingerprint = try await keys.fingerprint("bob")
            let rows = listed.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            #expect(listed.code == 0 && rows.contains(["*", "bob", fingerprint, "-"]), "\(listed)")
            #expect(rows.contains { $0.prefix(2) == ["-", "ann"] }, "\(listed)")
            try keys.write("ann \(try keys.publicKey("ann"))\nbob rubbish\n", to: keys.signers)
            let wrong = await Qtctl.run("qtctl keys 2>&1", variables(keys, "bob"))
            #expect(wrong.code == 2 && wrong.output.contains("\(keys.signers):2: "), "\(wrong)")
        }
    }

    static let unusable: [(String, [String: String], String)] = [
        ("no key", ["QTCTL_SIGNING_KEY": ""], "orders are signed, and no key is named"),
        ("a key that is not there", ["QTCTL_SIGNING_KEY": "/nowhere/key"], "/nowhere/key does not exist"),
        ("a file that is no key", ["QTCTL_SIGNING_KEY": "/etc/hostname"], "no key that ssh-keygen can read"),
        ("both", ["QTCTL_SIGNATURES": "off"], "take one of them away"),
        ("another word", ["QTCTL_SIGNATURES": "on", "QTCTL_SIGNING_KEY": ""], "on is not known"),
        ("a name that is not the key's", ["QTCTL_OPERATOR": "carl"], "does not let carl sign"),
        ("no name", ["QTCTL_ALLOWED_SIGNERS": ""], "say which name the hosts know it by"),
    ]

    /// Nothing is submitted, and no plan is waited for where the settings alone are wrong.
    @Test(arguments: unusable.indices) func whatCanNotSignSubmitsNothing(index: Int) async throws {
        let (_, change, words) = Self.unusable[index]
        try await SigningKeys.with(["ann"]) { keys in
            try await StandIn.with([.init(name: "h1")]) { stage async throws in
                var variables = variables(keys, "ann").merging(change) { $1 }.filter { !$0.value.isEmpty }
                variables["QTCTL_FLEET"] = StandIn.name.text
                variables["QTCTL_REDIS"] = "\(stage.server.address)"
                variables["HOME"] = keys.folder.string
                let answer = await Qtctl.run("qtctl deploy --all --yes 2>&1", variables)
                #expect(answer.code == 2 && answer.output.contains(words), "\(answer)")
                #expect(try await stage.fleet.rollouts(newest: 9).isEmpty)
            }
        }
    }

    /// By a key file, and by ssh-agent, which alone has the private half.
    @Test(arguments: [false, true]) func theSignatureInRedisIsThatOfTheTextBesideIt(byAgent: Bool) async throws {
        try await SigningKeys.with(["ann"]) { keys in
            try await StandIn.with([.init(name: "h1")]) { stage async throws in
                var variables = variables(keys, "ann")
                variables["QTCTL_FLEET"] = StandIn.name.text
                variables["QTCTL_REDIS"] = "\(stage.server.address)"
                variables["HOME"] = keys.folder.string
                var script = "qtctl deploy --all --yes 2>&1"
                if byAgent {
                    variables["QTCTL_SIGNING_KEY"] = keys.file("ann") + ".pub"
                    script = """
                        eval $(ssh-agent -s) >/dev/null; ssh-add -q \(keys.file("ann")); rm \(keys.file("ann"))
                        \(script); code=$?; kill $SSH_AGENT_PID; exit $code
                        """
                }
                let answer = await Qtctl.run(script, variables)
                #expect(answer.code == 0 && answer.output.contains("signed by ann"), "\(answer)")
                let record = try #require(try await stage.fleet.rollouts(newest: 1).first)
                guard case .whole(let text, let signature) = try await stage.fleet.orderText(record.id) else {
                    Issue.record("no order")
                    return
                }
                #expect(try Order(text: text).operatorName.text == "ann")
                try keys.write(String(decoding: text, as: UTF8.self), to: keys.file("text"))
                try keys.write(String(decoding: signature, as: UTF8.self), to: keys.file("signature"))
                let verify =
                    "ssh-keygen -Y verify -n qtdeploy -f \(keys.signers) -I ann -s \(keys.file("signature")) < \(keys.file("text"))"
                let verified = await Qtctl.run(verify)
                #expect(verified.code == 0, "\(verified)")
            }
        }
    }
}
