/// The files that the build put into the binary: the only place that mentions the generated accessors.
enum EmbeddedScripts {
    /// The bytes of `scripts/<name>.lua`. A name that is not in this list is a mistake of ours and shows in every test.
    static func file(_ name: String) -> [UInt8] { files[name] ?? [] }

    /// `states.tsv`.
    static let states = PackageResources.states_tsv

    static let files: [String: [UInt8]] = [
        "_dispatch": PackageResources._dispatch_lua,
        "_fleet": PackageResources._fleet_lua,
        "_glass": PackageResources._glass_lua,
        "_hold": PackageResources._hold_lua,
        "_job": PackageResources._job_lua,
        "_order": PackageResources._order_lua,
        "_rollout": PackageResources._rollout_lua,
        "_settle": PackageResources._settle_lua,
        "_states": PackageResources._states_lua,
        "_text": PackageResources._text_lua,
        "_verdict": PackageResources._verdict_lua,
        "accept": PackageResources.accept_lua,
        "answer": PackageResources.answer_lua,
        "ask": PackageResources.ask_lua,
        "claim": PackageResources.claim_lua,
        "enrol": PackageResources.enrol_lua,
        "hand": PackageResources.hand_lua,
        "heartbeat": PackageResources.heartbeat_lua,
        "member": PackageResources.member_lua,
        "order": PackageResources.order_lua,
        "page": PackageResources.page_lua,
        "pending": PackageResources.pending_lua,
        "publish": PackageResources.publish_lua,
        "refuse": PackageResources.refuse_lua,
        "renew": PackageResources.renew_lua,
        "report": PackageResources.report_lua,
        "stage": PackageResources.stage_lua,
        "step": PackageResources.step_lua,
        "submit": PackageResources.submit_lua,
        "tick": PackageResources.tick_lua,
    ]
}
