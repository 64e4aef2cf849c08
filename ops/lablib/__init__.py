"""The lab: real systemd hosts in containers of this machine. One duty per file; `cli` knows the verbs."""
