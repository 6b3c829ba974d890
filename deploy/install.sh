#!/bin/bash
# Installs Mahalle on Debian 12 (amd64), or upgrades it: run it again from a newer bundle.
# `sudo make deploy` and the bundle run this same file; options are told by --help.
set -euo pipefail
umask 022

here=$(cd "$(dirname "$0")" && pwd -P)
opt=/opt/mahalle data=/var/lib/mahalle web_data=/var/lib/mahalle-web
PACKAGES=(postgresql-postgis python3-venv fonts-dejavu-core nginx-light ca-certificates openssl tzdata)
SERVICES=(mahalle-db.service mahalle-service.service mahalle-web.service mahalle-backup.timer)
LEAST_FREE_MIB=4096
KEPT_RELEASES=3 # the one in use and two before it
HEALTH_SECONDS=120
log=/var/log/mahalle-install.log

hosts='' certificate='' key='' admin='' language='' start=yes files_only=no root='' fresh_admin=no

usage() {
	cat <<'TEXT'
install.sh --host-name AD --tls-cert DOSYA --tls-key DOSYA [--admin AD]
  --host-name NAME   name in the browser's address line; may be given more than once
  --tls-cert FILE    certificate of the institution (PEM, chain included)
  --tls-key FILE     its key (PEM, without passphrase)
  --admin NAME       first administrator; asked for otherwise
  --language tr|en   language of the screens and of this script (tr)
  --no-start         lay all files out and start nothing
  --files-only --root FOLDER   only settings, units, nginx's site and the wrapper, below FOLDER
An upgrade needs no option: what was given once is kept.
TEXT
}

say() { # Turkish, English
	if [ "${language:-tr}" = en ]; then echo "$2"; else echo "$1"; fi
}
fail() {
	say "HATA: $1" "ERROR: $2" >&2
	exit 1
}

read_options() {
	while [ $# -gt 0 ]; do
		case $1 in
		--host-name | --tls-cert | --tls-key | --admin | --language | --root)
			[ $# -ge 2 ] || fail "$1 için değer yok" "$1 needs a value" ;;
		esac
		case $1 in
		--host-name) hosts="$hosts $2" && shift ;;
		--tls-cert) certificate=$2 && shift ;;
		--tls-key) key=$2 && shift ;;
		--admin) admin=$2 && shift ;;
		--language) language=$2 && shift ;;
		--root) root=$2 && shift ;;
		--no-start) start=no ;;
		--files-only) files_only=yes ;;
		--help | -h) usage && exit 0 ;;
		*) usage >&2 && exit 2 ;;
		esac
		shift
	done
	local host
	for host in $hosts; do
		[[ $host =~ ^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$ ]] || fail "Site adı küçük harf, rakam, nokta ve tireden oluşur: $host" \
			"A host name has small letters, digits, dots and dashes: $host"
	done
	[[ ${language:-tr} =~ ^(tr|en)$ ]] || fail "--language tr ya da en" "--language is tr or en"
	[ $files_only = yes ] || [ -z "$root" ] || fail "--root yalnız --files-only ile" "--root goes with --files-only"
}

# ------------------------------------------------------------------ before anything is touched
look_first() {
	[ "$(id -u)" = 0 ] || fail "root olarak çalıştırın (sudo)." "Run as root (sudo)."
	# shellcheck source=/dev/null
	[ "$(. /etc/os-release && echo "$ID$VERSION_ID")" = debian12 ] || fail "Yalnız Debian 12." "Debian 12 only."
	[ "$(dpkg --print-architecture)" = amd64 ] || fail "Yalnız amd64." "amd64 only."
	[ -f "$here/RELEASE" ] || fail "Bu klasör bir paket değil; kaynak ağacında: sudo make deploy" \
		"This folder is no bundle; in a source tree: sudo make deploy"
	verify || fail "Paket bozuk ya da değiştirilmiş; hiçbir şey kurulmadı." "The bundle is damaged or altered; nothing was touched."
	local file free
	for file in $certificate $key; do [ -r "$file" ] || fail "$file okunamıyor." "$file cannot be read."; done
	free=$(df -Pm /opt | awk 'NR == 2 { print $4 }')
	[ "$free" -ge $LEAST_FREE_MIB ] || fail "/opt altında en az $LEAST_FREE_MIB MiB boş yer gerekir ($free var)." \
		"/opt needs at least $LEAST_FREE_MIB MiB free ($free left)."
	if [ ! -f /etc/mahalle/mahalle.env ]; then
		[ -n "$hosts" ] || fail "İlk kurulumda --host-name gerekir." "The first run needs --host-name."
		[ -n "$certificate" ] || fail "İlk kurulumda --tls-cert ve --tls-key gerekir." "The first run needs --tls-cert and --tls-key."
	fi
}
verify() { # an installed release is root's own and was checked when it came in
	case $here in "$opt"/releases/*) return 0 ;; esac
	say "Sağlama toplamları denetleniyor ..." "Verifying checksums ..."
	(cd "$here" && sha256sum --quiet --strict -c SHA256SUMS)
}
same_given() {
	[ -n "$certificate" ] && [ -n "$key" ] || [ -z "$certificate$key" ] ||
		fail "--tls-cert ve --tls-key birlikte verilir." "--tls-cert and --tls-key go together."
}

# ------------------------------------------------------------------ system
system_packages() {
	local missing
	missing=$(dpkg-query -W -f='${Status} ${Package}\n' "${PACKAGES[@]}" 2>/dev/null | grep -c '^install ok installed' || true)
	[ "$missing" -lt ${#PACKAGES[@]} ] || return 0
	say "Sistem paketleri kuruluyor ..." "Installing system packages ..."
	local apt=(apt-get -q -o DPkg::Lock::Timeout=300)
	if [ ! -e /etc/postgresql-common/createcluster.conf ]; then # the distribution's own cluster is not wanted
		mkdir -p /etc/postgresql-common
		echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
	fi
	if [ -d "$here/debs" ]; then
		local lists
		lists=$(mktemp -d)
		mkdir -p "$lists/lists/partial"
		echo "deb [trusted=yes] file:$here/debs ./" >"$lists/sources.list" # every file was checked above
		apt+=(-o Dir::Etc::sourcelist="$lists/sources.list" -o Dir::Etc::sourceparts=/dev/null
			-o Dir::State::lists="$lists/lists" -o APT::Sandbox::User=root)
	fi
	if ! { "${apt[@]}" update && DEBIAN_FRONTEND=noninteractive "${apt[@]}" -o Dpkg::Options::=--force-confold \
		--no-install-recommends -y install "${PACKAGES[@]}"; } >>$log 2>&1; then
		tail -n 25 $log >&2
		fail "Sistem paketleri kurulamadı; bütün çıktı: $log" "System packages could not be installed; all that was said: $log"
	fi
}

welcome_page() { # the distribution's claims every name; one that somebody changed stays
	local page=/etc/nginx/sites-available/default known
	[ -L /etc/nginx/sites-enabled/default ] || return 0
	# shellcheck disable=SC2016 # dpkg's own variable
	known=$(dpkg-query -W -f='${Conffiles}\n' nginx-common | awk -v page=$page '$1 == page { print $2 }')
	[ "$(md5sum <$page | cut -d' ' -f1)" != "$known" ] || rm /etc/nginx/sites-enabled/default
}

users_and_folders() {
	getent group mahalle-run >/dev/null || groupadd --system mahalle-run
	id mahalle >/dev/null 2>&1 ||
		useradd --system --user-group --home-dir $data --shell /usr/sbin/nologin mahalle
	id mahalle-web >/dev/null 2>&1 ||
		useradd --system --user-group --home-dir $web_data --shell /usr/sbin/nologin mahalle-web
	usermod -a -G mahalle-run mahalle
	usermod -a -G mahalle-run mahalle-web
	install -d -o mahalle -g mahalle -m 0700 $data /var/cache/mahalle
	install -d -o mahalle-web -g mahalle-web -m 0700 $web_data $web_data/main $web_data/main/secrets /var/cache/mahalle-web
	install -d -o mahalle -g mahalle-run -m 0710 /run/mahalle
	if [ "$(stat -c %U $data/main 2>/dev/null || echo mahalle)" != mahalle ]; then
		chown -R mahalle:mahalle $data # data of a time when root ran it
	fi
}

build_release() { # beside the old one, which runs on meanwhile
	release=$opt/releases/$VERSION-$STAMP
	[ ! -f "$release/RELEASE" ] || return 0
	rm -rf "$release" # of a run that was cut off
	say "Sürüm hazırlanıyor: $release ..." "Building release $release ..."
	mkdir -p "$release"
	/usr/bin/python3 -m venv "$release/.venv"
	# nothing of the caller's settings counts, and no network: the wheels of this archive alone
	local pip=(env -i "PATH=$PATH" PIP_CONFIG_FILE=/dev/null PIP_NO_INDEX=1 "PIP_FIND_LINKS=$here/wheels"
		"$release/.venv/bin/python" -m pip install -q --disable-pip-version-check)
	"${pip[@]}" --require-hashes -r "$here/requirements.txt"
	"${pip[@]}" --no-deps "mahalle==$VERSION"
	cp -r "$here"/{files,install.sh,uninstall.sh} "$release/"
	cp "$here/RELEASE" "$release/" # last: it says that the release is whole
}

# ------------------------------------------------------------------ files of the installation
set_value() { # name, value: one line of the settings, the others stay
	local file=$root/etc/mahalle/mahalle.env
	if grep -q "^$1=" "$file"; then
		sed -i "s|^$1=.*|$1='$2'|" "$file"
	else
		echo "$1='$2'" >>"$file"
	fi
}
value() {
	sed -n "s/^$1='\{0,1\}\([^']*\)'\{0,1\}\$/\1/p" "$root/etc/mahalle/mahalle.env" | tail -n 1
}

lay_settings() {
	install -d -m 0755 "$root/etc/mahalle"
	install -d -m 0700 "$root/etc/mahalle/tls"
	[ -f "$root/etc/mahalle/mahalle.env" ] || cat >"$root/etc/mahalle/mahalle.env" <<'TEXT'
# Ayarlar / settings: MAHALLE_AD='değer'. Değişiklikten sonra: systemctl restart mahalle-service mahalle-web
TEXT
	chmod 0644 "$root/etc/mahalle/mahalle.env"
	local host list=''
	for host in $hosts; do list="$list, \"$host\""; done
	[ -z "$list" ] || set_value MAHALLE_WEB_HOSTS "[${list#, }]"
	[ -z "$language" ] || set_value MAHALLE_LANGUAGE "$language"
	language=$(value MAHALLE_LANGUAGE)
	if [ -n "$certificate" ]; then
		install -m 0644 "$certificate" "$root/etc/mahalle/tls/site.crt"
		install -m 0600 "$key" "$root/etc/mahalle/tls/site.key"
	fi
}

lay_files() { # from: a release's files; units, tmpfiles, wrapper, nginx's site
	local from=$1 unit
	install -d "$root/etc/systemd/system" "$root/etc/tmpfiles.d" "$root/usr/local/bin"
	for unit in "$from"/*.service "$from"/*.timer; do
		install -m 0644 "$unit" "$root/etc/systemd/system/"
	done
	install -m 0644 "$from/tmpfiles.conf" "$root/etc/tmpfiles.d/mahalle.conf"
	install -m 0755 "$from/mahalle" "$root/usr/local/bin/mahalle"
	lay_site "$from"
}

lay_site() {
	local site=$root/etc/nginx/sites-available/mahalle names upload
	names=$(value MAHALLE_WEB_HOSTS | tr -d '[]",' | xargs)
	upload=$(value MAHALLE_UPLOAD_MIB)
	install -d "$root/etc/nginx/sites-available" "$root/etc/nginx/sites-enabled"
	sed -e "s|@HOSTS@|$names|" -e "s|@UPLOAD_MIB@|${upload:-64}|" -e "s|@TLS@|$root/etc/mahalle/tls|" \
		"$1/nginx.conf" >"$site"
	[ -e /proc/net/if_inet6 ] || sed -i '/listen \[::\]/d' "$site"
	ln -sfn ../sites-available/mahalle "$root/etc/nginx/sites-enabled/mahalle"
}

check_certificate() {
	local tls=/etc/mahalle/tls
	[ -f $tls/site.crt ] || return 0
	[ "$(openssl x509 -in $tls/site.crt -noout -pubkey 2>/dev/null)" = "$(openssl pkey -in $tls/site.key -pubout -passin pass: 2>/dev/null)" ] ||
		fail "Anahtar bu sertifikanın değil ya da parolalı: $tls" "The key does not fit the certificate, or has a passphrase: $tls"
}

# ------------------------------------------------------------------ bringing it up
ctl() { systemctl "$@"; }
mahalle() { /usr/local/bin/mahalle "$@"; }
schema() { mahalle --json db status | sed -n 's/.*"schema": "\{0,1\}\([^",}]*\).*/\1/p'; }

switch_to() {
	ln -sfn "$1" $opt/current.new
	mv -T $opt/current.new $opt/current
}

hand_planner_secret() { # the pages get this one secret and no other
	local own=$web_data/main
	install -o mahalle-web -g mahalle-web -m 0400 $data/main/secrets/planner.secret $own/secrets/planner.secret &&
		{ [ ! -f $data/main/server.json ] ||
			install -o mahalle-web -g mahalle-web -m 0400 $data/main/server.json $own/server.json; }
}

has_administrator() { mahalle --json users list | tr -d ' \n' | grep -c '"role":"admin"[^}]*"disabled":false' >/dev/null; }
has_phone() { mahalle --json users list | tr -d ' \n' | grep -c '"role":"admin"[^}]*"has_second":true,"disabled":false' >/dev/null; }

first_administrator() {
	if ! has_administrator; then
		if [ -z "$admin" ] && [ -t 0 ]; then
			say "İlk yöneticinin giriş adı (küçük harf):" "Name of the first administrator (small letters):"
			read -r admin
		fi
		[ -n "$admin" ] || {
			say "Yönetici hesabı yok: --admin AD ile yeniden çalıştırın." "No administrator: run again with --admin NAME."
			return 0
		}
		mahalle users add "$admin" --role admin || return 1
		fresh_admin=yes
	fi
	if ! has_phone && [ -t 0 ] && [ -n "$admin" ]; then
		mahalle users phone "$admin" || return 1
	fi
	has_phone || say "Telefon tanıtılmadı. Sayfalar ağa açılmaz: mahalle users phone ${admin:-AD}, sonra bu betik yeniden." \
		"No phone is set up. The pages stay shut: mahalle users phone ${admin:-NAME}, then this script again."
}

answers() { # the service, and the pages behind it
	local until=$((SECONDS + HEALTH_SECONDS))
	while [ $SECONDS -lt $until ]; do
		if $opt/current/.venv/bin/python - <<'PYTHON' 2>/dev/null; then return 0; fi
import urllib.request
from pathlib import Path

from app.client import Client

assert Client(Path("/run/mahalle/main/service.sock")).get("/health")["ok"]
urllib.request.urlopen("http://127.0.0.1:8501/saglik", timeout=5).close()
PYTHON
		sleep 1
	done
	return 1
}

bring_up() { # release: switch to it, migrate, start; false if it does not come to life
	switch_to "$1" && lay_files "$1/files" && ctl daemon-reload &&
		ctl restart mahalle-db.service && mahalle db migrate && hand_planner_secret &&
		ctl restart mahalle-service.service && first_administrator || return 1
	has_phone || return 0
	ctl restart mahalle-web.service && answers
}

open_door() {
	nginx -t -q || fail "nginx ayarı geçersiz; başka bir site de 'default_server' olabilir." \
		"nginx refuses its settings; another site may claim 'default_server'."
	ctl reload-or-restart nginx.service
	ctl enable -q nginx.service "${SERVICES[@]}"
	ctl start mahalle-backup.timer
}

upgrade_or_install() {
	local old='' had=''
	[ ! -L $opt/current ] || old=$(readlink -f $opt/current)
	if [ -n "$old" ] && [ "$old" != "$release" ]; then
		say "Önce yedek ..." "Backup first ..."
		had=$(schema)
		mahalle backup --label before-upgrade
		ctl stop mahalle-web.service mahalle-service.service
	fi
	bring_up "$release" && return 0
	if [ -z "$old" ] || [ "$old" = "$release" ]; then
		fail "Hizmetler başlamadı: journalctl -u 'mahalle-*'" "The services did not start: journalctl -u 'mahalle-*'"
	fi
	roll_back "$old" "$had"
}

roll_back() { # old release, its schema
	say "Yeni sürüm yanıt vermedi; eskisine dönülüyor: $1" "The new release does not answer; going back to $1"
	ctl stop mahalle-web.service mahalle-service.service || true
	# the old release does not know newer schemas; the new one takes its own back
	[ -z "$2" ] || mahalle db migrate --to "$2" || true
	if bring_up "$1"; then
		open_door
		rm -rf "$release"
		fail "Yükseltme olmadı; eski sürüm çalışıyor, veri yerinde." "The upgrade failed; the old release runs, data are in place."
	fi
	fail "Eski sürüm de başlamadı. Yükseltme öncesi yedek: $data/main/backups" \
		"The old release does not start either. The backup of before the upgrade: $data/main/backups"
}

prune() {
	local one
	find $opt/releases -mindepth 1 -maxdepth 1 -type d -printf '%T@ %p\n' | sort -rn | cut -d' ' -f2- |
		tail -n +$((KEPT_RELEASES + 1)) | while read -r one; do
		[ "$one" = "$(readlink -f $opt/current)" ] || rm -rf "$one"
	done
}

finish() {
	ctl start mahalle-backup.service
	[ $fresh_admin = no ] || say "Tek kullanımlık kodun süresi dolarsa: mahalle users code $admin" \
		"If the one-time code has run out: mahalle users code $admin"
	say "Anahtarın kopyasını alıp kilitleyin: mahalle keys export, sonra mahalle keys confirm (KURULUM.md)." \
		"Lock a copy of the key away: mahalle keys export, then mahalle keys confirm."
	mahalle doctor --deploy
}

main() {
	read_options "$@"
	same_given
	if [ $files_only = yes ]; then
		lay_settings
		lay_files "$here/files"
		exit 0
	fi
	look_first
	exec 9>/run/lock/mahalle-install.lock
	flock -n 9 || fail "Başka bir kurulum sürüyor." "Another installation is running."
	# shellcheck source=/dev/null
	. "$here/RELEASE"
	system_packages
	welcome_page
	users_and_folders
	build_release
	lay_settings
	check_certificate
	if [ $start = no ]; then
		[ -L $opt/current ] || switch_to "$release"
		lay_files "$release/files"
		say "Dosyalar yerinde; hiçbir şey başlatılmadı (--no-start)." "Files are in place; nothing was started (--no-start)."
		exit 0
	fi
	[ -d /run/systemd/system ] ||
		fail "systemd çalışmıyor; dosyalar için --no-start verin." "systemd does not run here; give --no-start for the files alone."
	upgrade_or_install
	open_door
	prune
	finish
}

main "$@"
