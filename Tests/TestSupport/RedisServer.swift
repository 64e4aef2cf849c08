import Glibc
package import RedisClient
import Subprocess
import SystemPackage

/// A real redis-server of a test's own, on a unix socket in a temporary folder; it keeps nothing on disk.
///
///     try await RedisServer.with { server async throws in
///         let client = server.client("reader")
///     }
///
/// (`async throws` is spelled out because the compiler does not see a `try` inside `#expect` when it infers the closure.)
///
/// Between the test and the server stands a small shell script that reads orders from a pipe. When the pipe ends,
/// because the test is done or the test process was killed, the script kills the server and removes the folder; and
/// when the script itself is killed, the kernel kills the server (PR_SET_PDEATHSIG: of the script, whose only thread
/// lives as long as it does; threads of a Swift process come and go).
package actor RedisServer {
    /// The unix socket.
    package nonisolated let address: RedisAddress
    /// A free port of 127.0.0.1, when asked for.
    package nonisolated let tcpAddress: RedisAddress?
    /// The password of user `default`, when asked for.
    package nonisolated let password: RedisPassword?

    /// How a server speaks TLS.
    package struct TLS: Sendable {
        let pair: Certificates.Pair
        let authority: String
        let asksForCertificate: Bool

        /// See the properties of redis.conf.
        ///
        /// - Parameters:
        ///   - pair: the server's certificate and key.
        ///   - authority: whose certificates it accepts from clients.
        ///   - asksForCertificate: whether clients need one.
        package init(pair: Certificates.Pair, authority: String, asksForCertificate: Bool = false) {
            self.pair = pair
            self.authority = authority
            self.asksForCertificate = asksForCertificate
        }
    }

    private typealias Supervisor = Execution<CustomWriteInput, SequenceOutput, DiscardedOutput>
    private typealias Lines = SubprocessOutputSequence.StringSequence<UTF8>
    private let orders: StandardInputWriter
    private var acknowledgements: Lines.AsyncIterator
    private let folder: Folder

    private init(supervisor: Supervisor, folder: Folder, port: Int?, password: String?) {
        address = .unix(path: folder.socket)
        tcpAddress = port.map { .tcp(host: "127.0.0.1", port: $0) }
        self.password = password.map { RedisPassword($0) }
        self.folder = folder
        orders = supervisor.standardInputWriter
        acknowledgements = supervisor.standardOutput.strings().makeAsyncIterator()
    }

    /// Starts a server, runs the body when it answers, and leaves nothing behind.
    ///
    /// - Parameters:
    ///   - password: asks every client for it, as user `default`.
    ///   - tcp: also listens on a free port of 127.0.0.1.
    ///   - tls: the same, and speaks TLS there and nothing else.
    ///   - arguments: further arguments of redis-server, such as `--replicaof`.
    ///   - body: what needs the server.
    /// - Returns: what the body returns.
    /// - Throws: `RedisServerError` when the server can't be had; what the body throws.
    package static func with<Result: Sendable>(
        password: String? = nil, tcp: Bool = false, tls: TLS? = nil, arguments: [String] = [],
        _ body: (RedisServer) async throws -> Result
    ) async throws -> Result {
        guard access("/usr/bin/redis-server", X_OK) == 0, access("/usr/bin/setpriv", X_OK) == 0 else {
            throw RedisServerError("redis-server or setpriv is missing: apt-get install redis-server util-linux")
        }
        let port = tcp || tls != nil ? try freePort() : nil
        let folder = try Folder()
        let outcome = try await Subprocess.run(
            .path("/bin/sh"),
            arguments: Arguments(
                ["-c", supervision, "redis-supervisor", folder.path]
                    + folder.settings(port: port, tls: tls, password: password) + arguments),
            input: .inputWriter, output: .sequence, error: .discarded
        ) { supervisor in
            let server = RedisServer(supervisor: supervisor, folder: folder, port: port, password: password)
            // An error that left here would have the supervisor killed before it has cleaned up.
            let result: Swift.Result<Result, any Error>
            do {
                try await server.start()
                result = .success(try await body(server))
            } catch {
                result = .failure(error)
            }
            try await supervisor.standardInputWriter.finish()
            return result
        }
        return try outcome.closureResult.get()
    }

    /// Starts the server again after `stop` or `kill`, and waits until it answers.
    package func start() async throws {
        try await order("start")
        // The client is the wait: it tries again and again, and gives up with the reason at its deadline.
        let probe = client("probe", backoff: Backoff(base: .milliseconds(2), longest: .milliseconds(20)))
        do {
            _ = try await probe.facts(within: .seconds(10))
        } catch {
            throw RedisServerError("redis-server did not come up: \(error); it said:\n\(folder.log)")
        }
        await probe.close()
    }

    /// Stops the server as systemd would.
    package func stop() async throws {
        try await order("stop")
    }

    /// Kills the server with SIGKILL.
    package func kill() async throws {
        try await order("kill")
    }

    /// A client of this server, with its password; it takes replicas and retries fast.
    package nonisolated func client(
        _ name: String, username: String? = nil, password: String? = nil,
        backoff: Backoff = Backoff(base: .milliseconds(5), longest: .milliseconds(50))
    ) -> RedisClient {
        RedisClient(
            RedisConfiguration(
                address: address, username: username, password: password.map { RedisPassword($0) } ?? self.password,
                clientName: name, requiresPrimary: false, backoff: backoff))
    }

    /// One order, done: the script repeats its name.
    private func order(_ name: String) async throws {
        _ = try await orders.write(name + "\n")
        var lines = acknowledgements
        let answer = try await lines.next(isolation: self)
        acknowledgements = lines
        guard answer == name else { throw RedisServerError("the supervisor of redis-server is gone") }
    }

    private static let supervision = """
        folder=$1; shift; pid=
        end() { [ -z "$pid" ] || { kill "-$1" "$pid"; wait "$pid"; } 2>/dev/null; pid=; }
        trap 'end KILL; rm -rf -- "$folder"' EXIT
        trap 'exit 1' INT TERM HUP
        while read -r order; do
            case $order in
                start) setpriv --pdeathsig KILL redis-server "$@" </dev/null >>"$folder/log" 2>&1 & pid=$! ;;
                stop) end TERM ;;
                kill) end KILL ;;
            esac
            echo "$order"
        done
        """
}

/// Why a test has no redis-server.
package struct RedisServerError: Error, CustomStringConvertible {
    /// The reason and the remedy.
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A server's temporary folder; the supervisor removes it.
private struct Folder {
    let path: String
    var socket: String { path + "/s" }

    init() throws {
        var template = Array("/tmp/qt-redis-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw RedisServerError("/tmp takes no folder: \(Errno(rawValue: errno))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func settings(port: Int?, tls: RedisServer.TLS?, password: String?) -> [String] {
        let listening =
            tls.map {
                [
                    "--port", "0", "--tls-port", "\(port ?? 0)", "--tls-cert-file", $0.pair.certificate,
                    "--tls-key-file", $0.pair.key, "--tls-ca-cert-file", $0.authority,
                    "--tls-auth-clients", $0.asksForCertificate ? "yes" : "no",
                ]
            } ?? ["--port", "\(port ?? 0)"]
        return listening + [
            "--bind", "127.0.0.1", "--unixsocket", socket, "--dir", path, "--save", "",
            "--appendonly", "no", "--daemonize", "no",
        ] + (password.map { ["--requirepass", $0] } ?? [])
    }

    /// The end of what the server said.
    var log: String {
        guard let file = try? FileDescriptor.open(FilePath(path + "/log"), .readOnly) else { return "(nothing)" }
        defer { try? file.close() }
        let text = try? [UInt8](unsafeUninitializedCapacity: 16_384) { buffer, count in
            count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
        return String(decoding: (text ?? []).suffix(2_000), as: UTF8.self)
    }
}

/// A port of 127.0.0.1 that was free a moment ago.
private func freePort() throws -> Int {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { throw RedisServerError("no socket: \(Errno(rawValue: errno))") }
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
            bind(socket, general, size) == 0 && getsockname(socket, general, &size) == 0
        }
    }
    guard bound else { throw RedisServerError("no free port: \(Errno(rawValue: errno))") }
    return Int(UInt16(bigEndian: address.sin_port))
}
