#!/usr/bin/env bash
# Installs what apt.txt names and the machine lacks; does nothing, quickly, when all is there.
set -euo pipefail
cd "$(dirname "$0")"

installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | sed -n 's/^ii *//p')
missing=()
while read -r package command; do
  [[ -z $package || $package == \#* ]] && continue
  [[ -n $command ]] && command -v "$command" >/dev/null && continue
  grep -qxF "$package" <<<"$installed" || missing+=("$package")
done <apt.txt
((${#missing[@]} == 0)) && exit 0

echo "setup: installing ${missing[*]}" >&2
as_root=()
((EUID == 0)) || as_root=(sudo)
export DEBIAN_FRONTEND=noninteractive
apt=("${as_root[@]}" apt-get -q -y -o DPkg::Lock::Timeout=900)
"${apt[@]}" update >/dev/null
"${apt[@]}" install --no-install-recommends "${missing[@]}" >/dev/null
