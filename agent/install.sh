#!/bin/bash
# Installs or upgrades qtdeploy on this host from the release folder that this script lies in. Safe to run again.
#
#   install.sh               install, or upgrade; a running job is finished by the old agent first
#   install.sh --rollback    go back to the release that was here before
#   install.sh --uninstall   take everything away but configuration and state
#
# Everything is checked before anything is touched. A new agent that does not start is taken back.
set -euo pipefail
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022

readonly store=/usr/lib/qtdeploy
readonly units=/usr/lib/systemd/system
readonly configuration=/etc/qtagent/agent.yaml
# The oldest systemd that the unit's directives were tried with.
readonly oldest_systemd=252
folder=$(dirname "$(realpath "$0")")
readonly folder

say() { printf 'install: %s\n' "$*"; }

die() {
  printf 'install: %s\n' "$@" >&2
  exit 1
}

main() {
  ((EUID == 0)) || die "root needed; run: sudo $0 $*"
  [[ -d /run/systemd/system ]] || die "systemd does not run this host: the agent restarts units, and needs it"
  # One at a time; the lock ends with this process.
  exec 9>/run/qtdeploy-install.lock
  flock --nonblock 9 || die "another install.sh runs on this host: wait for its end"
  case ${1-} in
    '') install_release ;;
    --rollback) roll_back ;;
    --uninstall) uninstall ;;
    *) die "unknown word: $1" "usage: install.sh [--rollback | --uninstall]" ;;
  esac
}

# value KEY: what the release says about itself.
value() { sed -n "s/^$1=//p" "$stage/RELEASE"; }

# link TARGET NAME: a symbolic link in one step; who looks sees the old or the new one, never none.
link() {
  ln -sfn "$1" "$2.new"
  mv -fT "$2.new" "$2"
}

# ---- checks; none of them changes what is installed

check_host() {
  local systemd
  systemd=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
  ((${systemd:-0} >= oldest_systemd)) ||
    die "this host has systemd ${systemd:-of an unknown version}; the agent needs $oldest_systemd or later"
  command -v git >/dev/null || die "git is missing, and the agent deploys with it; run: apt-get install git"
  command -v ssh-keygen >/dev/null ||
    die "ssh-keygen is missing, and the agent judges signatures by it; run: apt-get install openssh-client"
}

# The release is copied first and judged as copied: the folder may belong to a user who could change it after the check.
stage_release() {
  mkdir -p "$store"
  stage=$(mktemp -d "$store/.new.XXXXXX")
  trap 'rm -rf "$stage"' EXIT
  cp -r --no-preserve=ownership --preserve=timestamps "$folder/." "$stage"
  chmod -R u=rwX,go=rX "$stage"
  chmod 755 "$stage" "$stage/install.sh" "$stage"/bin/*
}

check_release() {
  local said
  [[ -s $stage/SHA256SUMS && -s $stage/RELEASE ]] || die "$folder is not a release: unpack the tarball again"
  said=$(cd "$stage" && sha256sum --check --quiet --strict SHA256SUMS 2>&1) ||
    die "the release is damaged; fetch the tarball again:" "$said"
  version=$(value version)
  [[ $(value arch) == "$(uname -m)" ]] || die "this release is for $(value arch), this host is $(uname -m)"
  said=$("$stage/bin/qtagent" version 2>&1) || die "the new qtagent does not run here: $said"
  [[ $said == "qtagent $version" ]] || die "the release says it is $version, its agent says: $said"
}

# Before the swap, and by the new agent: what it can't read it could not start with.
check_configuration() {
  local said
  # Who may sign is the site's to say; that nobody's key is revoked is true at the beginning, and only then.
  local revoked=${configuration%/*}/revoked_keys
  mkdir -p "${configuration%/*}"
  [[ -e $store/current || -e $revoked || -L $revoked ]] || : >"$revoked"
  [[ -e $configuration ]] || return 0
  said=$("$stage/bin/qtagent" check-config --config "$configuration" 2>&1) ||
    die "the new agent can't use this host's configuration; nothing was changed:" "$said"
}

# ---- changes

install_release() {
  check_host
  stage_release
  check_release
  check_configuration
  local name before was_stopped
  name=$version-$(sha256sum "$stage/SHA256SUMS" | head -c 8)
  before=$(readlink "$store/current" || true)
  was_stopped=$(systemctl is-active qtagent || true)
  [[ $before != "$name" ]] || say "$version is installed already; putting its files back in place"
  # A host that never had a configuration of its own gets this release's example; that of another is no configuration.
  is_configured || { mkdir -p "${configuration%/*}" && cp "$stage/agent.yaml" "$configuration"; }
  keep "$name"
  place "$name"
  if ! is_configured; then
    : # Nobody's fleet and host are those of the example.
  elif [[ -n $before && $was_stopped == inactive ]]; then
    say "the agent was stopped before, and stays so; start it: systemctl start qtagent"
  else
    start "$before"
  fi
  if [[ -n $before && $before != "$name" ]]; then link "$before" "$store/previous"; fi
  remove_old_releases
  say_what_is_next "$before"
}

is_configured() { [[ -e $configuration ]] && ! cmp --silent "$configuration" "$store/current/agent.yaml"; }

# keep RELEASE: moves the staged release to its place in the store, unless it lies there whole already.
keep() {
  if (cd "$store/$1" && sha256sum --check --status --strict SHA256SUMS) 2>/dev/null; then return; fi
  rm -rf "${store:?}/$1"
  mv -T "$stage" "$store/$1"
  # A power cut after the swap must not find half a binary behind the link.
  sync --file-system "$store"
}

# place RELEASE: points the host at a release that lies in the store.
place() {
  local release=$store/$1 program unit
  link "$1" "$store/current"
  for program in qtagent qtctl; do link "../lib/qtdeploy/current/bin/$program" "/usr/bin/$program"; done
  link_pages "$release"
  # A unit that only the other release had would start a command that this one may not know.
  for unit in "$units"/qtagent*.service; do
    [[ -e $release/units/${unit##*/} || ! -e $unit ]] || rm -f "$unit"
  done
  copy "$release/units" "$units"
  copy "$release/tmpfiles.d" /usr/lib/tmpfiles.d
  # What a loss of power leaves from here on is this release: before anything of it runs, and before the old one is removed.
  sync --file-system "$store" /usr/bin "$units" /usr/lib/tmpfiles.d
  systemd-tmpfiles --create qtagent.conf
  systemctl daemon-reload
}

# link_pages RELEASE: its man pages and completions, where their readers look; those that only another release had go.
link_pages() {
  local page
  for page in "$1"/man/*; do
    [[ ! -e $page ]] || link_page "man/${page##*/}" "man/man${page##*.}/${page##*/}"
  done
  [[ ! -e $1/completions ]] || {
    link_page completions/bash bash-completion/completions/qtctl
    link_page completions/zsh zsh/vendor-completions/_qtctl
    link_page completions/fish fish/vendor_completions.d/qtctl.fish
  }
  remove_pages -xtype l
}

# link_page FILE PLACE: a file of the current release, below /usr/share.
link_page() {
  mkdir -p "/usr/share/$(dirname "$2")"
  link "$store/current/$1" "/usr/share/$2"
}

# remove_pages TEST...: what of ours lies below /usr/share and passes find's test.
remove_pages() {
  find /usr/share/{man/man1,man/man8,bash-completion/completions,zsh/vendor-completions,fish/vendor_completions.d} \
    -maxdepth 1 -lname "$store/current/*" "$@" -delete 2>/dev/null || true
}

# copy FROM TO: each file in one step, whole also after a loss of power.
copy() {
  local file
  mkdir -p "$2"
  for file in "$1"/*; do
    cp "$file" "$2/${file##*/}.new"
    sync "$2/${file##*/}.new"
    mv -f "$2/${file##*/}.new" "$2/${file##*/}"
  done
}

# start BEFORE: the agent of the release that was just placed, or the one before again.
start() {
  # Whoever has disabled it on purpose finds it disabled afterwards.
  if [[ -z $1 ]] || systemctl --quiet is-enabled qtagent; then systemctl --quiet enable qtagent; fi
  if systemctl --quiet is-active qtagent; then
    say "restarting the agent; a job that runs is finished first ($(systemctl show -P StatusText qtagent))"
  fi
  if systemd-analyze verify --man=no --recursive-errors=no "$units"/qtagent*.service && try_start; then return; fi
  journalctl --unit=qtagent --no-pager --quiet --lines=20 --output=cat >&2 || true
  [[ -n $1 && -e $store/$1 && $1 != "$(readlink "$store/current")" ]] ||
    die "the agent does not start; its last words stand above"
  place "$1"
  remove_old_releases
  try_start || die "neither the new agent nor the one before starts; see: journalctl -u qtagent"
  die "the new agent did not start, its last words stand above; $(qtagent version) runs again"
}

# Starts it and looks again after a while: an agent that dies at once may have told systemd that it is ready before.
try_start() {
  systemctl restart qtagent || return 1
  sleep 2
  systemctl --quiet is-active qtagent && [[ $(systemctl show -P NRestarts qtagent) == 0 ]]
}

remove_old_releases() {
  local release
  for release in "$store"/*/; do
    release=$(basename "$release")
    case $release in
      current | previous | "$(readlink "$store/current")" | "$(readlink "$store/previous")") ;;
      *) rm -rf "${store:?}/$release" ;;
    esac
  done
}

say_what_is_next() {
  local previous
  previous=$(readlink "$store/previous" || true)
  if systemctl --quiet is-active qtagent; then
    say "qtagent $version runs: $(systemctl show -P StatusText qtagent)"
    [[ -n $1 ]] || say "next, on the operator's machine: qtctl agents enrol $(sed -n 's/^host: *//p' "$configuration")"
  elif ! is_configured; then
    say "qtagent $version is installed and not started: it does not know its fleet yet"
    say "next: edit $configuration (fleet, host, redis, services); check it: qtagent check-config"
    say "then: systemctl enable --now qtagent"
  fi
  [[ -z $previous ]] || say "the release before is kept (${previous%-*}); back to it: $store/current/install.sh --rollback"
}

roll_back() {
  [[ -x $store/previous/install.sh ]] || die "no release before this one is kept in $store"
  # The lock is the next one's to take.
  exec 9>&-
  exec "$(realpath "$store/previous")/install.sh"
}

uninstall() {
  say "stopping the agent; a job that runs is finished first"
  local unit
  for unit in "$units"/qtagent*.service; do
    [[ ! -e $unit ]] || systemctl --quiet disable --now "${unit##*/}"
  done
  # What the agent has put beside the services' units would call a command that is gone.
  rm -f "$units"/qtagent*.service /usr/lib/tmpfiles.d/qtagent.conf {/etc,/run}/systemd/system/*.service.d/*qtagent*.conf
  rm -f /usr/bin/qtagent /usr/bin/qtctl
  remove_pages
  rm -rf "$store"
  systemctl daemon-reload
  say "uninstalled; /etc/qtagent and /var/lib/qtagent are kept: remove them by hand if they are not wanted"
  say "next, on the operator's machine: qtctl agents list still shows this host as it was heard last"
}

main "$@"
