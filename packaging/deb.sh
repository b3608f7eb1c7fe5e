#!/usr/bin/env bash
# deb.sh STAGE VERSION FILE [DPKG-DEB OPTIONS…]: makes the Debian package FILE of what stage.sh laid out.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
stage=$1 version=$2 file=$3
shift 3
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
doc=$root/usr/share/doc/foz
mkdir -p "$root"/{DEBIAN,usr/bin,usr/lib/foz,usr/lib/systemd/system,etc/foz/pipelines} "$doc/licenses"
cp "$stage/bin/foz" "$root/usr/bin/"
cp "$stage"/lib/foz/lib{arrow,parquet,duckdb}* "$root/usr/lib/foz/"
cp "$here/foz.service" "$root/usr/lib/systemd/system/"
cp "$here/foz.yaml" "$root/etc/foz/"
cp -r "$stage/README.md" "$stage/share/foz/docs" "$stage/share/foz/grafana" "$doc/"
cp -r "$stage"/share/licenses/{arrow,duckdb} "$doc/licenses/"
for compiled_in in kafka-schemas libboost1.81-dev libcli11-dev nlohmann-json3-dev libroaring-dev; do
  cp "$stage/share/licenses/$compiled_in.txt" "$doc/licenses/"
done
cp "$stage/NOTICE" "$doc/copyright"
sed -i -e 's|share/licenses|/usr/share/doc/foz/licenses|; s|(LICENSE)|(/usr/share/common-licenses/Apache-2.0)|' "$doc/copyright"
install -m 755 "$here"/{postinst,prerm,postrm} "$root/DEBIAN/"
echo /etc/foz/foz.yaml >"$root/DEBIAN/conffiles"

# What it needs of Debian, by the symbols that it uses.
work=$root/.shlibs
mkdir -p "$work/debian"
printf 'Source: foz\n\nPackage: foz\nArchitecture: amd64\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O -l"$root/usr/lib/foz" --ignore-missing-info \
  -e"$root/usr/bin/foz" $(printf -- '-e%s ' "$root"/usr/lib/foz/*) 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
rm -rf "$work"
cat >"$root/DEBIAN/control" <<CONTROL
Package: foz
Version: $version
Architecture: amd64
Maintainer: The foz authors <foz@localhost>
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Depends: $depends, passwd, init-system-helpers
Recommends: kcat
Section: database
Priority: optional
Description: real-time lakehouse in one program
 Kafka protocol in, Delta Lake tables at rest, Trino protocol SQL out, fresh
 within milliseconds. A record is acknowledged when it is on disk, is visible
 to SQL at once, and is in open Delta tables soon after.
CONTROL
chmod -R u=rwX,go=rX "$root/usr" "$root/etc"
dpkg-deb --root-owner-group "$@" --build "$root" "$file" >/dev/null
