#!/bin/bash
# Takes the application off this machine. Data, keys, backups, settings and OS users stay unless --purge is given.
#   uninstall.sh [--purge]     --purge removes them too, for good, after the word is typed (or --yes)
set -euo pipefail
units=(mahalle-backup.timer mahalle-backup.service mahalle-web.service mahalle-service.service mahalle-db.service)
purge=no yes=no
for word in "$@"; do
	case $word in
	--purge) purge=yes ;;
	--yes) yes=yes ;;
	*) echo "uninstall: $word?" >&2 && exit 2 ;;
	esac
done
[ "$(id -u)" = 0 ] || { echo "root olarak çalıştırın / run as root" >&2 && exit 1; }
if [ $purge = yes ] && [ $yes = no ]; then
	echo "Bütün veri, anahtar ve yedekler silinecek. Sürdürmek için SİL yazın / type SİL to delete all data, keys and backups:"
	read -r word
	[ "$word" = SİL ] || exit 1
fi

if [ -d /run/systemd/system ]; then
	systemctl disable --now "${units[@]}" || true
fi
for unit in "${units[@]}"; do rm -f "/etc/systemd/system/$unit"; done
rm -f /etc/nginx/sites-enabled/mahalle /etc/nginx/sites-available/mahalle /etc/tmpfiles.d/mahalle.conf
rm -f /usr/local/bin/mahalle
rm -rf /opt/mahalle /var/cache/mahalle /var/cache/mahalle-web
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	systemctl reload-or-restart nginx || true
fi
if [ $purge = yes ]; then
	rm -rf /var/lib/mahalle /var/lib/mahalle-web /etc/mahalle /run/mahalle
	for user in mahalle-web mahalle; do ! id "$user" >/dev/null 2>&1 || userdel "$user"; done
	! getent group mahalle-run >/dev/null || groupdel mahalle-run
	echo "Mahalle ve bütün verisi kaldırıldı / removed with all data"
else
	echo "Mahalle kaldırıldı; veri, anahtar ve yedekler yerinde / removed; data, keys and backups stay: /var/lib/mahalle, /etc/mahalle"
fi
