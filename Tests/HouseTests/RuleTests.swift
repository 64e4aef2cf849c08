import Testing

@Suite("Rules")
struct RuleTests {
    @Test("the tree keeps the rule", arguments: Rule.all)
    func tree(_ rule: Rule) {
        #expect(Repository.files.count > 10)
        for violation in rule.violations(Repository.files) { Issue.record("\(violation)") }
    }

    @Test("a planted fault is caught, where it is", arguments: Plant.all)
    func planted(_ plant: Plant) {
        let lines = plant.rule.violations(plant.files).filter { $0.path == plant.path }.map(\.line)
        #expect(lines == plant.faults)
    }

    @Test("every rule has a fault that it catches and a text that it lets pass", arguments: Rule.all)
    func everyRuleIsPlanted(_ rule: Rule) {
        let plants = Plant.all.filter { $0.rule.name == rule.name }
        #expect(plants.contains { !$0.faults.isEmpty })
        #expect(plants.contains { $0.faults.isEmpty })
    }
}
