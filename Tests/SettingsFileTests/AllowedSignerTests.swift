import SettingsFile
import Testing

@Suite struct AllowedSignerTests {
    static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBrJHAGrvzQuazg7/SuuETSmgOw8a5bGpL2g1S9fAb3v"

    private func read(_ text: String) throws -> [AllowedSigner] { try AllowedSigner.parse(text, file: "signers") }

    @Test func everyFormOfALineIsRead() throws {
        let signers = try read(
            """
            # who may

            ann \(Self.key) ann@desk
            ann,bob@example.org namespaces="qtdeploy,git",valid-before="20270101" \(Self.key)
            \t"carl,*@example.org"  CERT-AUTHORITY,valid-after="20260101Z"\t\(Self.key)
            """ + "\r\n")
        #expect(signers.map(\.principals) == ["ann", "ann,bob@example.org", "carl,*@example.org"])
        #expect(signers.map(\.isAuthority) == [false, false, true])
        #expect(signers[1].options == [#"namespaces="qtdeploy,git""#, #"valid-before="20270101""#])
        #expect(signers.allSatisfy { "\($0.keyType) \($0.key)" == Self.key })
    }

    static let bad: [(String, Int?, String)] = [
        ("", nil, "names nobody"), ("# ann\n", nil, "names nobody"), ("ann", 1, "PRINCIPALS"),
        ("ann ssh-ed25519", 1, "PRINCIPALS"), ("\nann key AAAA", 2, "key is no option"),
        ("ann ssh-ed25519 AAAA", 1, "damaged"), ("ann ssh-rsa " + Self.key.dropFirst(12), 1, "damaged"),
        ("ann " + Self.key.dropLast(9) + "!", 1, "damaged"), ("ann valid-until=\"2027\" \(Self.key)", 1, "no option"),
        ("ann valid-before=2027 \(Self.key)", 1, "no option"), ("ann cert-authority=yes \(Self.key)", 1, "no option"),
        ("ann namespaces=\"a b \(Self.key)", 1, "no end"), ("ann namespaces=\"a\" key", 1, "no kind of key"),
        ("ann \(Self.key)\nbob rubbish here", 2, "no option"),
        ("ann valid-before=\"2027-01-01\" \(Self.key)", 1, "YYYYMMDD"),
        ("ann valid-after=\"2026\" \(Self.key)", 1, "YYYYMMDD"),
        ("ann namespaces=\"a\",namespaces=\"b\" \(Self.key)", 1, "stands twice"),
        ("ann " + Self.key.dropLast(4), 1, "damaged"), ("ann \(Self.key)AAAA", 1, "damaged"),
    ]

    @Test(arguments: bad.indices) func whatSshKeygenWouldPassOverIsAnError(index: Int) throws {
        let (text, line, words) = Self.bad[index]
        let error = #expect(throws: SettingsError.self) { try read(text) }
        #expect(
            error?.line == line && error?.problem.contains(words) == true,
            "\(text): \(error.map(String.init(describing:)) ?? "")")
    }
}
