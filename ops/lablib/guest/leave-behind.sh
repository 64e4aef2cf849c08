# Starts the processes that a broken release leaves behind, as the stack's user and outside of its units.
# Arguments: the version that they belong to, the file of the checkout that holds it, then UNIT=PORT...

version=$1 version_file=$2
shift 2
for pair in "$@"; do
    unit=left-behind-${pair%=*}
    systemctl --quiet stop "$unit.service" 2>/dev/null || true
    # Not in the checkout: a unit that runs from there would be a sibling of the stack's services.
    systemd-run --quiet --collect --unit="$unit" --uid=qt --service-type=notify --working-directory=/ \
        /usr/bin/python3 -uB /usr/local/lib/qtlab/left-behind.py "$version" "$version_file" "${pair#*=}"
done
