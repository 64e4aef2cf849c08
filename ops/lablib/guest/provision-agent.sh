# Puts the agent on a host of the lab, and starts it; a running one is restarted only for new files. Safe to run again.

action=start
if [ "$changed" = yes ]; then
    [ ! -e /usr/lib/sysusers.d/qtagent.conf ] || systemd-sysusers qtagent.conf
    [ ! -e /usr/lib/tmpfiles.d/qtagent.conf ] || systemd-tmpfiles --create qtagent.conf
    systemctl --quiet --no-reload enable $(cd /usr/lib/systemd/system && echo qtagent*.service)
    systemctl --quiet --no-reload add-wants qtlab.target $(cd /usr/lib/systemd/system && echo qtagent*.service)
    systemctl daemon-reload
    action=restart
fi
# It is ready when it says so (Type=notify), which needs neither Redis nor anybody else.
timeout 20 systemctl "$action" qtagent.service || report_failure "qtagent did not become ready in 20 s" qtagent
