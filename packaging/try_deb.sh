#!/usr/bin/env bash
# try_deb.sh FILE: installs a package on a bare Debian 12 (a chroot in build/, from a base system that is made once) and
# uses it: as the service's user, with what the package brings and Debian's kcat. Root only, with a network for apt.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
deb=$(realpath "$1") base=${BARE_DEBIAN:-$root/build/bare-debian} try=$root/build/try-package
[[ $(id -u) == 0 ]] || { echo "try_deb.sh: needs root for chroot" >&2; exit 1; }
if [[ ! -d $base ]]; then
  command -v debootstrap >/dev/null || { echo "try_deb.sh: needs debootstrap" >&2; exit 1; }
  debootstrap --variant=minbase --include=ca-certificates bookworm "$base.new" >&2
  mv "$base.new" "$base"
fi
unmount() { if mountpoint -q "$try/proc"; then umount "$try/proc"; fi; }
unmount
rm -rf --one-file-system "$try"
cp -a "$base" "$try"
trap 'unmount; rm -rf --one-file-system "$try"' EXIT
mount -t proc proc "$try/proc"
# Network and package sources are those of this machine.
cp -L /etc/resolv.conf /etc/hosts "$try/etc/"
cp -L /etc/ssl/certs/ca-certificates.crt "$try/etc/ssl/certs/"
rm -f "$try/etc/apt/sources.list"
cp -L /etc/apt/sources.list "$try/etc/apt/" 2>/dev/null || true
cp -L /etc/apt/sources.list.d/debian.sources "$try/etc/apt/sources.list.d/" 2>/dev/null || true
cp -L /etc/apt/apt.conf.d/* "$try/etc/apt/apt.conf.d/" 2>/dev/null || true
cp "$deb" "$try/tmp/foz.deb"

chroot "$try" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive bash -s <<'INSIDE'
set -euo pipefail
apt-get update -qq
apt-get install -y -qq --no-install-recommends /tmp/foz.deb >/dev/null
apt-get install -y -qq --no-install-recommends kcat >/dev/null
foz --version
id foz
cat >/etc/foz/pipelines/orders.sql <<'SQL'
CREATE OR REFRESH STREAMING TABLE orders (CONSTRAINT has_id EXPECT (id IS NOT NULL) ON VIOLATION QUARANTINE)
AS SELECT o.* FROM (SELECT from_json(CAST(value AS STRING), 'id BIGINT, customer STRING') AS o FROM STREAM bronze.orders);
SQL
foz check /etc/foz
# As systemd would, but by hand: there is none in a chroot.
runuser -u foz -- foz up /etc/foz --kafka 127.0.0.1:19092 --http 127.0.0.1:18080 --addresses /tmp/addresses.json &
for i in $(seq 600); do [[ -e /tmp/addresses.json ]] && break; sleep 0.1; done
pid=$(sed 's/.*"pid":\([0-9]*\).*/\1/' /tmp/addresses.json)
trap 'kill -TERM "$pid" 2>/dev/null; wait' EXIT
printf '{"id": 1, "customer": "Ada"}\n{"customer": "Bob"}\n' | kcat -P -b 127.0.0.1:19092 -t orders
sql() { foz sql --server http://127.0.0.1:18080 --json -e "$1"; }
for i in $(seq 100); do [[ $(sql 'SELECT count(*) AS n FROM bronze.orders' 2>/dev/null) == '{"n":2}' ]] && break; sleep 0.1; done
[[ $(sql 'SELECT id, customer FROM silver.orders') == '{"id":1,"customer":"Ada"}' ]]
[[ $(sql 'SELECT count(*) AS n FROM silver.orders__quarantine') == '{"n":1}' ]]
foz doctor /etc/foz --kafka 127.0.0.1:19092 --http 127.0.0.1:18080
trap - EXIT
kill -TERM "$pid"
wait
ls -ld /var/lib/foz /var/lib/foz/lake/silver/orders
runuser -u foz -- foz table read /var/lib/foz/lake/silver/orders
apt-get purge -y -qq foz >/dev/null
test -d /var/lib/foz/lake
echo "the package works on a bare Debian $(cat /etc/debian_version)"
INSIDE
