private import Glibc
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Stands between TLS and the replies: says when the connection is secure, and what TLS' errors mean.
final class RedisTLSHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let tls: RedisTLS
    private let security: NIOSSLClientHandler
    private let promise: EventLoopPromise<Void>

    /// The TLS handler of a pipeline, and with it a handler to put behind it.
    init(_ tls: RedisTLS, behind security: NIOSSLClientHandler, on eventLoop: any EventLoop) {
        self.tls = tls
        self.security = security
        promise = eventLoop.makePromise()
    }

    /// Fulfilled when the server has proved who it is; nothing may be written before.
    var secured: EventLoopFuture<Void> { promise.futureResult }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted? = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        if let name = tls.name, !isFor(name) {
            errorCaught(context: context, error: RedisTLSFault.wrongName(expected: name))
        } else {
            promise.succeed()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let meaning = fault(error, remote: context.remoteAddress) ?? error
        // First the reason, for the promise's failure closes the channel, and a closed channel tells no reasons.
        context.fireErrorCaught(meaning)
        promise.fail(meaning)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(ChannelError.eof)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        promise.fail(ChannelError.eof)
    }

    /// NIOSSL is content when the certificate has the peer's IP address, whatever name was asked for. Then any host with a
    /// certificate for its own address could pose as the server once it has the name's DNS. So the name is proved here
    /// again; what passes without alternative names has it as its common name.
    private func isFor(_ name: String) -> Bool {
        guard let certificate = security.peerCertificate else { return false }
        var hasAlternatives = false
        for alternative in certificate._subjectAlternativeNames() {
            hasAlternatives = true
            let text = String(decoding: alternative.contents, as: UTF8.self)
            if alternative.nameType == .dnsName, Self.covers(text, name) { return true }
        }
        return !hasAlternatives
    }

    /// Whether a certificate's name is this one; a star is a whole first label, as RFC 6125 (6.4.3) advises.
    static func covers(_ pattern: String, _ name: String) -> Bool {
        let pattern = plain(pattern)
        let name = plain(name)
        guard pattern.hasPrefix("*."), let dot = name.firstIndex(of: ".") else { return pattern == name }
        return dot != name.startIndex && name[dot...] == pattern.dropFirst(1)
    }

    private static func plain(_ name: String) -> Substring {
        let lower = name.lowercased()
        return lower.hasSuffix(".") ? lower.dropLast() : lower[...]
    }

    /// What an error of NIOSSL means; nil for one that has nothing to do with TLS, or for a server that left without its
    /// goodbye, which Redis does when it is killed (a reply cut off there is seen by its length).
    private func fault(_ error: any Error, remote: SocketAddress?) -> RedisTLSFault? {
        switch error {
        case let error as NIOSSLExtraError
        where error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch:
            .wrongName(expected: tls.name ?? remote?.ipAddress ?? "its IP address")
        case NIOSSLError.uncleanShutdown, is NIOSSLCloseTimedOutError: nil
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: fault("\(error)")
        default: nil
        }
    }

    /// BoringSSL's reasons are told by their names only.
    private func fault(_ text: String) -> RedisTLSFault {
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return certificateFault }
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") { return .notTLS }
        if text.contains("EOF during handshake") { return .failed("the server hung up; \(tls.doubt)") }
        if text.contains("ALERT_CERTIFICATE_REQUIRED") { return .needsCertificate }
        let reason = Self.reason(text)
        guard text.contains("ALERT_"), tls.files.certificate != nil, Self.refusals.contains(where: text.contains) else {
            return .failed("\(reason); \(tls.doubt)")
        }
        return .certificateRefused(reason)
    }

    /// The alerts of RFC 8446 (6.2) that are about the certificate of the one who gets them.
    private static let refusals = [
        "BAD_CERTIFICATE", "UNSUPPORTED_CERTIFICATE", "CERTIFICATE_REVOKED", "CERTIFICATE_EXPIRED",
        "CERTIFICATE_UNKNOWN", "UNKNOWN_CA", "ACCESS_DENIED",
    ]

    private var certificateFault: RedisTLSFault {
        guard let certificate = security.peerCertificate else { return .untrusted(authorities: tls.files.authorities) }
        return .ofCertificate(
            from: Int64(certificate.notValidBefore), to: Int64(certificate.notValidAfter), now: Int64(time(nil)),
            authorities: tls.files.authorities)
    }

    /// `TLSV1_ALERT_UNKNOWN_CA` of `...:OPENSSL_internal:TLSV1_ALERT_UNKNOWN_CA at ...`.
    private static func reason(_ text: String) -> String {
        guard let mark = text.firstRange(of: "OPENSSL_internal:") else { return text }
        return String(text[mark.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "_" })
    }
}
