"""Fault tests on real hosts: a fault at each boundary of a host job, and a checker that knows nothing of the agent."""
