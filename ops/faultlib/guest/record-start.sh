#!/bin/sh
# Before each start of a service, as root: writes down which files it is about to run from. On the machine, not on the host's
# disk: there a loss of power would take the record, and a sync would save what the agent has not synced.
# Fields: boot id, unit, invocation, monotonic time, digest of the tree, commit.
digest=$(sh /usr/local/lib/qtlab/digest.sh)
read -r uptime _ </proc/uptime
commit=$(setpriv --reuid qt --regid qt --clear-groups git -C /home/qt/quantum_trader rev-parse HEAD)
echo "$(cat /proc/sys/kernel/random/boot_id) $1 $INVOCATION_ID $uptime $digest $commit" >>/var/log/qtlab/starts
