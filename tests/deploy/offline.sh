#!/bin/bash
# The bundle in a bare Debian 12 with the network cut off. As root: offline.sh OUT, where OUT holds the bundle.
# Writes OUT/bundle-test.json. Only the making of the bare system, at the beginning, uses a network.
set -euo pipefail
out=$(cd "${1:?folder with the bundle}" && pwd)
tree=$(cd "$(dirname "$0")/../.." && pwd)
[ "$(id -u)" = 0 ] || { echo "offline: as root" >&2 && exit 1; }
command -v debootstrap >/dev/null || apt-get install -y -q debootstrap
bundle=$(find "$out" -maxdepth 1 -name 'mahalle-*-debian12-amd64.tar')
work=$(mktemp -d /var/tmp/mahalle-bundle-test.XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT
bare=$work/bare

# shellcheck disable=SC2016 # apt's own variable
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)
debootstrap --variant=minbase bookworm "$bare" "$mirror" >"$work/debootstrap.log"
: >"$bare/etc/apt/sources.list"
tar -C "$bare/srv" -xf "$bundle"
mv "$bare"/srv/mahalle-* "$bare/srv/bundle"
"$tree/.venv/bin/python" -c 'import pathlib, sys; from app.demo import files; files.write(pathlib.Path(sys.argv[1]))' "$bare/srv/girdi"
cp "$tree/app/demo/data/indicators.toml" "$bare/srv/girdi/"
"$tree/.venv/bin/python" "$tree/tests/deploy/offline/certificate.py" "$bare/srv"

# systemd does not run in there: a stand-in starts the units, and no package starts anything by itself
mkdir -p "$bare/srv/test"
cp "$tree"/tests/deploy/offline/*.py "$bare/srv/test/"
install -m 0755 "$tree/tests/deploy/offline/systemctl" "$bare/usr/bin/systemctl" # dpkg looks nowhere else
printf '#!/bin/sh\nexit 101\n' >"$bare/usr/sbin/policy-rc.d"
chmod 0755 "$bare/usr/sbin/policy-rc.d"

inside() { # in namespaces of their own: mounts, processes, and a network of nothing but the loopback
	mount --make-rprivate /
	mount --bind "$bare" "$bare"
	mount -t proc proc "$bare/proc"
	mount --rbind /dev "$bare/dev"
	mount -t tmpfs tmpfs "$bare/run"
	mkdir -p "$bare/run/systemd/system" "$bare/run/lock"
	ip link set lo up
	exec chroot "$bare" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		sh /srv/test-inside.sh
}
cat >"$bare/srv/test-inside.sh" <<'TEXT'
set -e
began=$(date +%s)
/srv/bundle/install.sh --no-start --host-name risk.ornek.bel.tr --tls-cert /srv/site.crt --tls-key /srv/site.key
echo "$(($(date +%s) - began))" >/srv/seconds-files
exec python3 /srv/test/journey.py
TEXT
export bare
export -f inside
unshare --net --mount --pid --fork --kill-child bash -ec inside
cp "$bare/srv/bundle-test.json" "$out/bundle-test.json"
