# Read before each script that runs inside a host: a tar of files arrives on stdin, and those that differ from what
# the host has are put in place. `changed` is yes when there was one. A file that is the same keeps its time, because
# a service counts as stale when its unit or environment is younger than its process.
set -eu

changed=no
incoming=/var/lib/qtlab/incoming
rm -rf "$incoming"
mkdir -p "$incoming"
tar --extract --touch --directory="$incoming"
for file in $(cd "$incoming" && find . -type f); do
    target=/${file#./}
    if ! cmp --silent "$incoming/$file" "$target"; then
        mkdir -p "${target%/*}"
        mv "$incoming/$file" "$target"
        changed=yes
    fi
done
rm -rf "$incoming"

# report_failure WHAT UNIT: says it with the unit's last words, and ends.
report_failure() {
    echo "$1 on $(hostname):" >&2
    journalctl --unit="$2" --no-pager --quiet --lines=20 --output=cat >&2 || true
    exit 1
}
