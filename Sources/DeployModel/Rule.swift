/// Why something was refused or failed: the closed list of machine-readable reasons. Each may label a metric, so the list
/// stays short of one per message; the words beside it carry the details.
package enum Rule: String, Sendable, CaseIterable {
    // The order and who may (admit).
    case orderMalformed = "order_malformed"
    case orderExpired = "order_expired"
    case otherFleet = "other_fleet"
    case otherHost = "other_host"
    case serviceNotAllowed = "service_not_allowed"
    case sourceNotAllowed = "source_not_allowed"
    case branchNotAllowed = "branch_not_allowed"
    case signatureRequired = "signature_required"
    case signatureWrong = "signature_wrong"
    case trustUnusable = "trust_unusable"
    case notPermitted = "not_permitted"
    case closedNow = "closed_now"
    case operationUnknown = "operation_unknown"

    // The host as it is (inspect).
    case unitNotFound = "unit_not_found"
    case unitTypeUnsupported = "unit_type_unsupported"
    case workingDirectoryEmpty = "working_directory_empty"
    case workingDirectoryUnusable = "working_directory_unusable"
    case notAWorkTreeRoot = "not_a_work_tree_root"
    case canonicalPathChanged = "canonical_path_changed"
    case userIsRoot = "user_is_root"
    case userUnknown = "user_unknown"
    case daemonReloadNeeded = "daemon_reload_needed"
    case interlockMissing = "interlock_missing"
    case environmentFileMissing = "environment_file_missing"
    case environmentFileMalformed = "environment_file_malformed"
    case foreignUnitInPath = "foreign_unit_in_path"
    case trackedFileChanged = "tracked_file_changed"
    case untrackedFileInTheWay = "untracked_file_in_the_way"
    case headDetached = "head_detached"
    case otherBranch = "other_branch"
    case unexpectedHead = "unexpected_head"
    case localCommits = "local_commits"
    case repositoryUnsupported = "repository_unsupported"
    case diskTooFull = "disk_too_full"
    case treeNotWritable = "tree_not_writable"
    case codeOwner = "code_owner"
    case hostStateUnreadable = "host_state_unreadable"

    // The source (fetch).
    case pathLocked = "path_locked"
    case remoteUnreachable = "remote_unreachable"
    case commitUnknown = "commit_unknown"
    case commitNotOnBranch = "commit_not_on_branch"
    case commitNotSigned = "commit_not_signed"
    case remotesDiffer = "remotes_differ"

    // The right (lease).
    case leaseHeld = "lease_held"
    case leaseClosed = "lease_closed"
    case rightLost = "right_lost"
    case redisUnavailable = "redis_unavailable"

    // The change (checkout, prepare, restart).
    case notFastForward = "not_fast_forward"
    case checkoutFailed = "checkout_failed"
    case hookFailed = "hook_failed"
    case restartFailed = "restart_failed"
    case restartTimedOut = "restart_timed_out"

    // The proof (verify).
    case unitNotActive = "unit_not_active"
    case processDied = "process_died"
    case processNotNew = "process_not_new"
    case otherUser = "other_user"
    case otherDirectory = "other_directory"
    case headDiffers = "head_differs"
    case treeChanged = "tree_changed"
    case metricsNoListener = "metrics_no_listener"
    case metricsForeignListener = "metrics_foreign_listener"
    case metricsWrong = "metrics_wrong"
    case logSilent = "log_silent"
    case logErrors = "log_errors"
    case checkUnknown = "check_unknown"

    // The agent itself.
    case agentCrashed = "agent_crashed"
    case notYetSupported = "not_yet_supported"

    // The fleet (plan, submit, dispatch).
    case serviceUnknown = "service_unknown"
    case hostUnknown = "host_unknown"
    case hostNotEnrolled = "host_not_enrolled"
    case hostDrained = "host_drained"
    case hostDown = "host_down"
    case hostSilent = "host_silent"
    case severalSources = "several_sources"
    case severalCommits = "several_commits"
    case siblingsRefused = "siblings_refused"
    case serviceBusy = "service_busy"
    case nothingToDo = "nothing_to_do"
    case contractVersion = "contract_version"
    case notAccepted = "not_accepted"
    case otherMachine = "other_machine"

    /// Whether the refusal is about a signature or a permission: exit 9 instead of 5.
    package var isPermission: Bool {
        switch self {
        case .serviceNotAllowed, .sourceNotAllowed, .branchNotAllowed, .otherFleet, .otherHost, .signatureRequired,
            .signatureWrong, .trustUnusable, .notPermitted, .commitNotSigned:
            true
        default: false
        }
    }
}
