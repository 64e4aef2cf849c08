# Runs as root inside a host of the lab; a tar with left-behind.py arrives on stdin.
# Arguments: the version that the left-behind processes belong to, the file that holds it, then UNIT=PORT...
set -eu

version=$1 version_file=$2
shift 2

tar --extract --directory=/ --no-overwrite-dir
for pair in "$@"; do
    unit=left-behind-${pair%=*}
    systemctl --quiet stop "$unit.service" 2>/dev/null || true
    # Not in the checkout: a unit that runs from there would be a sibling of the stack's services.
    systemd-run --quiet --collect --unit="$unit" --uid=qt --service-type=notify --working-directory=/ \
        /usr/bin/python3 -uB /usr/local/lib/qtlab/left-behind.py "$version" "$version_file" "${pair#*=}"
done
