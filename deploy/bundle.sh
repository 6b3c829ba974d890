#!/bin/bash
# Collects what install.sh needs into one folder, and with packages of the system into one archive:
#   bundle.sh OUT                 OUT/mahalle-VERSION-debian12-amd64.tar, for machines without internet
#   bundle.sh --no-packages OUT   the folder OUT alone, for this machine (apt brings the packages)
# Needs Debian 12 on amd64, a network, and .venv made by `make install`.
set -euo pipefail

PACKAGES=(postgresql-postgis python3-venv fonts-dejavu-core nginx-light ca-certificates openssl tzdata)
tree=$(cd "$(dirname "$0")/.." && pwd)
python="$tree/.venv/bin/python"
with_packages=yes
[ "${1:-}" != --no-packages ] || { with_packages=no && shift; }
out=${1:?folder to write to}

fail() {
	echo "bundle: $*" >&2
	exit 1
}

application() { # the wheel is built from a copy: leftovers of other builds stay out of it
	local copy=$scratch/tree
	mkdir -p "$copy"
	cp -r "$tree"/{pyproject.toml,README.md,LICENSE,NOTICE,app,survey,geo,models} "$copy/"
	find "$copy" -name __pycache__ -prune -exec rm -rf {} +
	"$python" -m pip wheel -q --no-deps --no-build-isolation -w "$folder/wheels" "$copy"
}

wheels() { # every file must have a hash of requirements.lock
	"$python" "$tree/deploy/runtime_lock.py" >"$folder/requirements.txt"
	local known=/etc/ssl/certs/ca-certificates.crt certificates=()
	[ ! -r $known ] || certificates=(--cert "$known") # an institution's proxy may sign with its own
	"$python" -m pip download -q --disable-pip-version-check --only-binary :all: --require-hashes \
		"${certificates[@]}" -r "$folder/requirements.txt" -d "$folder/wheels"
}

packages() { # apt counts from a machine on which nothing is installed
	local state=$scratch/status
	: >"$state"
	mkdir -p "$folder/debs" "$scratch/archives/partial"
	apt-get -q -o Dir::State::status="$state" -o Dir::Cache::archives="$scratch/archives" \
		-o APT::Sandbox::User=root -o Debug::NoLocking=1 --no-install-recommends --download-only -y \
		install "${PACKAGES[@]}" >"$scratch/apt.log" || { cat "$scratch/apt.log" >&2 && fail "apt-get"; }
	mv "$scratch"/archives/*.deb "$folder/debs/"
	index >"$folder/debs/Packages"
}

index() { # as apt reads a folder of packages
	local file
	for file in "$folder"/debs/*.deb; do
		dpkg-deb -f "$file"
		printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$(basename "$file")" "$(stat -c %s "$file")" \
			"$(sha256sum "$file" | cut -d' ' -f1)"
	done
}

describe() {
	printf 'VERSION=%s\nSTAMP=%s\n' "$version" "$(date -u +%Y%m%dT%H%M%SZ)" >"$folder/RELEASE"
	cp -r "$tree"/deploy/{install.sh,uninstall.sh,files} "$folder/"
	cp "$tree/docs/kurulum.md" "$folder/KURULUM.md"
	cp "$tree"/{LICENSE,NOTICE} "$folder/"
	(cd "$folder" && find . -type f -print0 | sort -z | xargs -0 sha256sum) >"$scratch/sums"
	mv "$scratch/sums" "$folder/SHA256SUMS"
}

[ -x "$python" ] || fail "no .venv: make install"
[ "$(dpkg --print-architecture)" = amd64 ] || fail "amd64 only"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$tree/pyproject.toml")
name=mahalle-$version-debian12-amd64
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
folder=$scratch/$name
[ $with_packages = yes ] || folder=$out
rm -rf "$folder"
mkdir -p "$folder/wheels" "$out"
application
wheels
[ $with_packages = no ] || packages
describe
if [ $with_packages = yes ]; then
	tar -C "$scratch" --owner=0 --group=0 -cf "$out/$name.tar.part" "$name"
	mv "$out/$name.tar.part" "$out/$name.tar"
	(cd "$out" && sha256sum "$name.tar" >"$name.tar.sha256")
	ls -l "$out/$name.tar"
fi
