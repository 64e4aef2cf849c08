import DeployAgent
import RedisClient
import SettingsFile

extension AgentConfiguration {
    /// How Redis is reached, with every file that this takes read and judged.
    ///
    /// - Returns: what a connection needs.
    /// - Throws: ``SettingsError`` with file and line.
    func redisConfiguration() throws(SettingsError) -> RedisConfiguration {
        let address: RedisAddress
        do throws(RedisError) { address = try RedisAddress(parsing: redis.address.text) } catch {
            throw redis.address.error("\(error)")
        }
        var tls: RedisTLS?
        if let settings = redis.tls { tls = try Self.tls(settings, to: address) }
        return RedisConfiguration(
            address: address, tls: tls, username: redis.username,
            password: try redisPassword().map { RedisPassword($0) }, clientName: "qtagent-\(host)")
    }

    private static func tls(_ settings: TLSSettings, to address: RedisAddress) throws(SettingsError) -> RedisTLS {
        let files = RedisTLS.Files(
            authorities: settings.authorities.text, certificate: settings.certificate?.text, key: settings.key?.text,
            serverName: settings.serverName?.text)
        do throws(RedisError) { return try RedisTLS(files, to: address) } catch {
            throw settings.error(about: error.subject ?? "", "\(error)")
        }
    }
}
