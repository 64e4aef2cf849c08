"""The proof that tests can fail: each guard taken away, and what turned red."""
