import Coordination
import DeployModel
import RedisClient
import SystemPackage
import TestSupport
import Testing

/// `qtctl acl print`, from the line to a user that signs in.
@Suite(.timeLimit(.minutes(5))) struct AccessFileTests {
    @Test func theLinesAreUsersThatCanWhatTheyShall() async throws {
        try await TemporaryFolder.with { folder async throws in
            try await StandIn.with([.init(name: "h1")]) { stage async throws in
                let passwords = folder.appending("passwords").string
                var variables = [
                    "QTCTL_FLEET": StandIn.name.text, "QTCTL_REDIS": "\(stage.server.address)", "HOME": "\(folder)",
                ]
                let script = "qtctl acl print --agent h1 --operator ann --passwords \(passwords) 2>/dev/null"
                let printed = await Qtctl.run(script, variables)
                let lines = printed.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
                let user = "qt-\(StandIn.name)-"
                #expect(
                    lines.map { $0[1] } == ["\(user)agent-h1", "\(user)operator-ann", "\(user)viewer"], "\(printed)")
                // The passwords stay, so the lines do.
                #expect(await Qtctl.run(script, variables).output == printed.output)
                let modes = await Qtctl.run("stat -c %a \(passwords) \(passwords)/*")
                #expect(modes.output == "700\n600\n600\n600\n")

                let administrator = stage.server.client("administrator")
                for line in lines {
                    let command = RedisCommand(words: ["ACL", "SETUSER"] + line.dropFirst())
                    #expect(try await administrator.call(command, within: .seconds(5)) == .status("OK"))
                }
                await administrator.close()
                variables["QTCTL_REDIS_USERNAME"] = "\(user)viewer"
                variables["QTCTL_REDIS_PASSWORD_FILE"] = "\(passwords)/\(user)viewer"
                variables["QTCTL_SIGNATURES"] = "off"
                let looked = await Qtctl.run("qtctl agents list 2>&1", variables)
                #expect(looked.code == 0 && looked.output.contains("h1"), "\(looked)")
                let denied = await Qtctl.run("qtctl deploy --all --yes 2>&1", variables)
                #expect(denied.code != 0 && denied.output.contains("permission"), "\(denied)")
                variables["QTCTL_REDIS_USERNAME"] = "\(user)operator-ann"
                variables["QTCTL_REDIS_PASSWORD_FILE"] = "\(passwords)/\(user)operator-ann"
                let deployed = await Qtctl.run("qtctl deploy --all --yes 2>&1", variables)
                #expect(deployed.code == 0, "\(deployed)")
            }
        }
    }

    @Test func aPasswordThatOthersCanReadIsNotUsed() async throws {
        try await TemporaryFolder.with { folder async throws in
            let variables = ["QTCTL_FLEET": "lab", "QTCTL_REDIS": "unix:/nowhere/s"]
            let answer = await Qtctl.run(
                """
                mkdir -m 700 \(folder)/p; echo secret > \(folder)/p/qt-lab-viewer; chmod 644 \(folder)/p/qt-lab-viewer
                qtctl acl print --passwords \(folder)/p 2>&1
                """, variables)
            #expect(answer.code == 2 && answer.output.contains("chmod 600"), "\(answer)")
        }
    }
}
