# Puts the trading stack on a host of the lab. Safe to run again.
# Arguments: UNIT=PORT... in the order in which the units start.

checkout=/home/qt/quantum_trader

as_qt() {
    runuser -u qt -- env -i PATH="$PATH" HOME=/home/qt "$@"
}

getent passwd qt >/dev/null || useradd --create-home --shell /bin/bash qt

if [ ! -d "$checkout/.git" ]; then
    # Into another name first: a clone that was cut off is not taken for a whole one.
    rm -rf "$checkout.new"
    as_qt git clone --quiet --origin origin git://origin/origin.git "$checkout.new"
    mv "$checkout.new" "$checkout"
fi

units=
for pair in "$@"; do
    units="$units ${pair%=*}"
done
# Each of these would reload systemd by itself, which takes longer than all the rest.
systemctl --quiet --no-reload enable $units
# The lab's hosts boot into qtlab.target, not into multi-user.target.
systemctl --quiet --no-reload add-wants qtlab.target $units
systemctl daemon-reload
action=start
[ "$changed" = no ] || action=restart
for unit in $units; do
    systemctl "$action" "$unit" || report_failure "$unit did not start" "$unit"
done

for pair in "$@"; do
    unit=${pair%=*} port=${pair#*=} tries=0
    until systemctl --quiet is-active "$unit" && ss -Hltn "sport = :$port" | grep -q .; do
        tries=$((tries + 1))
        [ "$tries" -lt 400 ] || report_failure "$unit does not serve its metrics on port $port" "$unit"
        sleep 0.05
    done
done
