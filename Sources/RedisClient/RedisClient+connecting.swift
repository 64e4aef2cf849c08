internal import NIOCore

/// One attempt to connect: socket, then handshake, within one limit.
extension RedisClient {
    func dial() {
        attempt += 1
        let number = attempt
        handshake = Handshake(configuration, generation: connects + 1)
        let limit = configuration.connectLimit
        alarm = schedule(at: .now() + TimeAmount(bounded: limit)) {
            guard $0.attempt == number, $0.handshake != nil else { return }
            $0.fail("no answer within \(limit)" + ($0.configuration.tls.map { "; \($0.doubt)" } ?? ""))
        }
        let tell: @Sendable (RedisChannelEvent) -> Void = { [weak self] event in
            self?.assumeIsolated { $0.heard(event, of: number) }
        }
        dialer.dial(
            RedisDialer.Attempt(
                address: configuration.address, tls: configuration.tls, limit: limit,
                replyLimit: configuration.replyLimit,
                eventLoop: eventLoop, tell: tell)
        ).whenComplete { [weak self] result in
            guard let self else {
                if case .success(let channel) = result { channel.close(promise: nil) }
                return
            }
            assumeIsolated { $0.dialled(result, of: number) }
        }
    }

    private func dialled(_ result: Result<any Channel, any Error>, of number: UInt64) {
        switch result {
        case .success(let made):
            // The attempt may have run out of time, or the client may be closed.
            guard number == attempt, let handshake else { return made.close(promise: nil) }
            channel = made
            greet(with: handshake, on: made)
        case .failure(let error):
            guard number == attempt else { return }
            switch error {
            case let error as RedisError: perform(lane.connectFailed(error))
            case let fault as RedisTLSFault: perform(lane.connectFailed(.insecure(configuration.address, fault)))
            default: fail(connectionReason(error))
            }
        }
    }

    private func greet(with handshake: Handshake, on channel: any Channel) {
        var bytes = ByteBuffer()
        do throws(RedisError) {
            for command in handshake.commands { try RedisCommandEncoder.append(command, to: &bytes) }
            channel.writeAndFlush(bytes, promise: nil)
        } catch {
            perform(lane.connectFailed(error))
        }
    }

    private func heard(_ event: RedisChannelEvent, of number: UInt64) {
        guard number == attempt else { return }
        switch event {
        case .reply(let value):
            if handshake == nil {
                perform(lane.received(value))
            } else if let step = handshake?.receive(value) {
                advance(step)
            }
        case .ended(.violated(let error)):
            perform(handshake == nil ? lane.lost(error, isFailure: true) : lane.connectFailed(error))
        case .ended(.insecure(let fault)):
            if handshake == nil {
                perform(lane.lost(.connectionLost(configuration.address, reason: "\(fault)"), isFailure: true))
            } else {
                perform(lane.connectFailed(.insecure(configuration.address, fault)))
            }
        case .ended(.closed(let reason)):
            if handshake == nil {
                perform(lane.lost(.connectionLost(configuration.address, reason: reason)))
            } else {
                // A port that speaks TLS hangs up on plain words, and a server that misses a certificate may do so too.
                fail(
                    "during the handshake: \(reason); \(configuration.tls?.doubt ?? "a port that speaks TLS does this")"
                )
            }
        }
    }

    private func advance(_ step: Handshake.Step) {
        switch step {
        case .more: break
        case .refused(let error): perform(lane.connectFailed(error))
        case .done(let facts):
            handshake = nil
            alarm?.cancel()
            alarm = nil
            connects += 1
            self.facts = facts
            announced = nil
            announce(.connected(facts))
            perform(lane.connected())
        }
    }

    private func fail(_ reason: String) {
        perform(lane.connectFailed(.unreachable(configuration.address, reason: reason)))
    }
}
