"""The same rollout by Ansible, as its users write it: ansible-core from PyPI over ssh, with ControlPersist and pipelining."""

import os
import shutil
import subprocess
import tempfile
import time

from .lab import Lab, SERVICES, TREE

PLAYBOOK = f"""\
- hosts: all
  gather_facts: false
  serial: "{{{{ at_once }}}}"
  max_fail_percentage: 0
  tasks:
    - name: checkout
      ansible.builtin.git:
        repo: "{{{{ origin }}}}"
        dest: {TREE}
        version: main
      become: true
      become_user: qt
{
    "".join(
        f'''    - name: restart {service}
      ansible.builtin.systemd_service:
        name: {service}
        state: restarted
    - name: {service} is up
      ansible.builtin.command: systemctl is-active --quiet {service}
      changed_when: false
'''
        for service in SERVICES
    )
}"""
CONFIGURATION = """\
[defaults]
host_key_checking = false
forks = 50
interpreter_python = /usr/bin/python3
retry_files_enabled = false
[ssh_connection]
pipelining = true
ssh_args = -o ControlMaster=auto -o ControlPersist=120s -o LogLevel=ERROR -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
control_path_dir = {folder}/control
"""


class Ansible:
    """A virtual environment with ansible-core, and a way to each host of a lab."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.folder = tempfile.mkdtemp(prefix="qtbench-ansible-")
        self._install()
        self._open_hosts()

    def _install(self) -> None:
        subprocess.run(["python3", "-m", "venv", f"{self.folder}/venv"], check=True)
        pip = [f"{self.folder}/venv/bin/pip", "install", "--quiet", "ansible-core"]
        subprocess.run(pip, check=True)
        with open(f"{self.folder}/ansible.cfg", "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(folder=self.folder))
        with open(f"{self.folder}/play.yaml", "w", encoding="utf-8") as file:
            file.write(PLAYBOOK)
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{self.folder}/key"], check=True
        )

    def _open_hosts(self) -> None:
        with open(f"{self.folder}/key.pub", encoding="utf-8") as file:
            key = file.read().strip()
        with open(f"{self.folder}/hosts", "w", encoding="utf-8") as file:
            for host, shell in self.lab.shells.items():
                address = shell.ask("ip -4 -o address show scope global | awk '{print $4}' | cut -d/ -f1 | head -n 1")
                shell.begin(
                    f"mkdir -p -m 700 /root/.ssh /run/sshd; echo {key} >/root/.ssh/authorized_keys; ssh-keygen -A; "
                    "/usr/sbin/sshd -o UsePAM=no"
                )
                shell.end()
                file.write(f"{host} ansible_host={address} ansible_user=root ansible_ssh_private_key_file={self.folder}/key\n")

    def version(self) -> str:
        words = [f"{self.folder}/venv/bin/ansible-playbook", "--version"]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.split("\n")[0]

    def play(self, at_once: bool) -> float:
        """Seconds from the start of ansible-playbook to its exit."""
        origin = self.lab.shells[self.lab.hosts[0]].ask(f"git -c safe.directory='*' -C {TREE} remote get-url origin")
        words = [f"{self.folder}/venv/bin/ansible-playbook", "-i", f"{self.folder}/hosts", f"{self.folder}/play.yaml"]
        # The branch, whose end is the commit: by its name the module would leave the checkout without a branch.
        words += ["-e", f"origin={origin}"]
        words += ["-e", f"at_once={len(self.lab.hosts) if at_once else 1}"]
        begin = time.perf_counter()
        done = subprocess.run(
            ["ops/lab", "hubexec", "env", f"ANSIBLE_CONFIG={self.folder}/ansible.cfg", *words],
            env=self.lab.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        taken = time.perf_counter() - begin
        if done.returncode:
            raise RuntimeError(f"ansible-playbook: {done.stdout[-2000:]}{done.stderr[-500:]}")
        return taken

    def close(self) -> None:
        for name in os.listdir(f"{self.folder}/control") if os.path.isdir(f"{self.folder}/control") else []:
            subprocess.run(
                ["ssh", "-O", "exit", "-S", f"{self.folder}/control/{name}", "bench"], capture_output=True, check=False
            )
        shutil.rmtree(self.folder)
