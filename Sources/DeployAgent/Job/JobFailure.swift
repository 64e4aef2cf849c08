import DeployModel

/// Why a job stops going forward.
struct JobFailure: Error, Equatable {
    /// The step that said no.
    var step: Step
    /// The rule, and the words for the operator.
    var refusal: Refusal
    /// The service that failed, when it is one.
    var service: ServiceName?

    init(_ step: Step, _ refusal: Refusal, service: ServiceName? = nil) {
        self.step = step
        self.refusal = refusal
        self.service = service
    }
}
