/// What every git command of ours has in its environment and before its verb.
///
/// The repository belongs to a user whose hooks, configuration and remote are not the agent's. Its configuration can name
/// programs in more than a dozen places; each is switched off here, by the variable or the key that git lets win over the
/// repository's own. What cannot be switched off are filters, whose names the repository chooses: a repository that
/// configures one is refused (decision 71). `safe.directory` is left alone: git's own check of the owner is wanted.
enum GitEnvironment {
    static func variables(for account: UserAccount, transport: GitTransport?) -> [String: String] {
        [
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": account.home,
            "USER": account.name,
            "LOGNAME": account.name,
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "/bin/false",
            "GIT_EDITOR": "/bin/false",
            "GIT_PAGER": "cat",
            "GIT_SSH_COMMAND": ssh,
            "GIT_SSH_VARIANT": "ssh",
            // Set and empty: no proxy. `core.gitProxy` of the repository would win over one given with -c.
            "GIT_PROXY_COMMAND": "",
            // Nothing for a command that has no business on the network.
            "GIT_ALLOW_PROTOCOL": transport?.rawValue ?? "none",
            "GIT_NO_REPLACE_OBJECTS": "1",
            // Another way to give a commit other parents; a path that can't be makes git pass it over without a word.
            "GIT_GRAFT_FILE": "/dev/null/none",
            "GIT_NO_LAZY_FETCH": "1",
            // Reading must not take index.lock.
            "GIT_OPTIONAL_LOCKS": "0",
        ]
    }

    /// ssh without the user's configuration: no ProxyCommand, no shared connection that would outlive the fetch, no
    /// question, and a host key that is known already.
    static let ssh =
        "ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=10 "
        + "-o ServerAliveInterval=10 -o ServerAliveCountMax=3 -o ControlMaster=no -o ControlPath=none "
        + "-o ForwardAgent=no -o ForwardX11=no -o PermitLocalCommand=no"

    /// `-c` keys; git reads them after the repository's own, and the last one wins.
    static let configuration = [
        "core.hooksPath=/dev/null",
        "core.fsmonitor=false",
        // By default git syncs packs only. A loss of power then leaves refs of no bytes, which no fetch mends.
        "core.fsync=all",
        "core.fsyncMethod=fsync",
        // Each would let a changed file pass for an unchanged one.
        "core.checkStat=default",
        "core.ignoreStat=false",
        "core.untrackedCache=false",
        "core.attributesFile=/dev/null",
        "core.excludesFile=/dev/null",
        "core.alternateRefsCommand=",
        "core.askPass=/bin/false",
        // Milliseconds: somebody else's fetch holds a ref for a moment only.
        "core.filesRefLockTimeout=2000",
        "core.packedRefsTimeout=2000",
        // Where HEAD was when is what the running-commit record falls back on.
        "core.logAllRefUpdates=true",
        "credential.helper=",
        "diff.external=",
        // Before `transfer.fsckObjects`, where a repository sets it.
        "fetch.fsckObjects=true",
        "fetch.recurseSubmodules=false",
        // All that comes is one file, so that the limit of a file's size is one of the whole fetch.
        "fetch.unpackLimit=1",
        "gc.auto=0",
        "http.followRedirects=false",
        "http.lowSpeedLimit=1024",
        "http.lowSpeedTime=30",
        "http.sslVerify=true",
        "i18n.logOutputEncoding=UTF-8",
        "log.showSignature=false",
        "maintenance.auto=false",
        "merge.verifySignatures=false",
        "submodule.recurse=false",
        "transfer.bundleURI=false",
        "transfer.fsckObjects=true",
    ]
}
