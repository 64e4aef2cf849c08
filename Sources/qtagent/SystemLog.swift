import DeployModel
import Glibc

/// The host's own log, for what a person does by hand: it stays when the terminal is lost and Redis is away.
enum SystemLog {
    /// One line at `notice`, under `qtagent`: `journalctl -t qtagent`.
    static func note(_ text: String) {
        VisibleText(text).description.withCString { line in
            withVaList([line]) { vsyslog(LOG_DAEMON | LOG_NOTICE, "%s", $0) }
        }
    }
}
