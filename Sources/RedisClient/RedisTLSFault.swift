private import Glibc

/// Why no connection over TLS came about. The server is known to be wrong, or we are to it: nothing was sent to it.
package enum RedisTLSFault: Error, Sendable, Equatable {
    /// The server's certificate comes from none of the authorities in this file.
    case untrusted(authorities: String)
    /// The server's certificate ended at this time, in seconds since 1970.
    case expired(at: Int64)
    /// The server's certificate begins at this time, in seconds since 1970.
    case notYetValid(from: Int64)
    /// The server's certificate is for another name than this one.
    case wrongName(expected: String)
    /// What answers does not speak TLS.
    case notTLS
    /// TLS answers, and none is configured.
    case notPlain
    /// The server wants a certificate of ours, and none is configured.
    case needsCertificate
    /// The server refuses our certificate, for this reason.
    case certificateRefused(String)
    /// Another reason, in the words of the TLS library.
    case failed(String)
}

extension RedisTLSFault {
    /// Whether it can end without anybody mending anything.
    package var mayPass: Bool {
        switch self {
        case .notYetValid, .failed: true
        case .untrusted, .expired, .wrongName, .notTLS, .notPlain, .needsCertificate, .certificateRefused: false
        }
    }

    /// What is wrong with a certificate of these bounds, in seconds since 1970, that did not stand the test. Only the
    /// bounds can be told from outside; a certificate within them was not signed as it must be.
    static func ofCertificate(from begin: Int64, to end: Int64, now: Int64, authorities: String) -> RedisTLSFault {
        if now > end { return .expired(at: end) }
        if now < begin { return .notYetValid(from: begin) }
        return .untrusted(authorities: authorities)
    }
}

extension RedisTLSFault: CustomStringConvertible {
    /// What is wrong and how to mend it; begins in the middle of a sentence about the server.
    package var description: String {
        switch self {
        case .untrusted(let file):
            "its certificate does not come from an authority in \(file.onOneLine) that is still valid: "
                + "set ca_file to the authority of this server"
        case .expired(let end):
            "its certificate expired at \(Self.date(end)): renew it on the server, or mend this machine's clock"
        case .notYetValid(let begin):
            "its certificate is valid from \(Self.date(begin)) on: mend this machine's clock, or the authority's"
        case .wrongName(let name):
            "its certificate is not for \(name.onOneLine): set server_name to the name it is for, "
                + "or give the server a certificate for this one"
        case .notTLS: "it does not speak TLS there: give its TLS port (tls-port in redis.conf), or say tls: off"
        case .notPlain: "it speaks TLS there: set tls with ca_file, or give the port without TLS"
        case .needsCertificate: "it asks for a client certificate: set certificate_file and key_file"
        case .certificateRefused(let reason):
            "it refuses our client certificate (\(reason.onOneLine)): renew certificate_file, "
                + "or set tls-ca-cert-file in redis.conf to its authority"
        case .failed(let reason): "TLS failed: \(reason.onOneLine)"
        }
    }

    private static func date(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var parts = tm()
        var text = [CChar](repeating: 0, count: 64)
        guard gmtime_r(&time, &parts) != nil, strftime(&text, text.count, "%Y-%m-%d %H:%M UTC", &parts) > 0 else {
            return "\(seconds)"
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
