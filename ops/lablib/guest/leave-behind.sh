# Runs as root inside a host of the lab; a tar with left-behind.py arrives on stdin.
# Arguments: the version that the left-behind process belongs to, then UNIT=PORT...
set -eu

version=$1
shift

tar --extract --directory=/ --no-overwrite-dir
for pair in "$@"; do
    unit=left-behind-${pair%=*}
    systemctl --quiet stop "$unit.service" 2>/dev/null || true
    systemd-run --quiet --collect --unit="$unit" --uid=qt --working-directory=/home/qt/quantum_trader \
        /usr/bin/python3 -uB /usr/local/lib/qtlab/left-behind.py "$version" "${pair#*=}"
done
