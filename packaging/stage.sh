#!/usr/bin/env bash
# stage.sh FOZ FOLDER: lays out what the tarball holds from the program FOZ in FOLDER, which is made anew.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) root=$(cd "$(dirname "$0")/.." && pwd)
foz=$1 stage=$2
rm -rf "$stage"
mkdir -p "$stage"/{bin,lib/foz,share/systemd,share/foz/example/pipelines,share/licenses}

install -m 755 "$foz" "$stage/bin/foz"
strip "$stage/bin/foz"

# Everything that it loads but glibc, which belongs to the kernel and the machine.
own_c='^(ld-linux-x86-64|libc|libm|libdl|librt|libpthread|libresolv)\.so'
ldd "$foz" | awk '$2 == "=>" && $3 ~ /^\// {print $1, $3}' | while read -r name path; do
  [[ $name =~ $own_c ]] && continue
  install -m 644 "$path" "$stage/lib/foz/$name"
  real=$(readlink -f "$path")
  # Debian's lists may know it by its path before /lib became a link to /usr/lib.
  package=$(dpkg-query -S "$real" "${real#/usr}" 2>/dev/null | head -1 | cut -d: -f1) || true
  if [[ $package ]]; then cp "/usr/share/doc/$package/copyright" "$stage/share/licenses/$package.txt"; fi
done
# An RPATH, which unlike a RUNPATH holds for what the libraries load too.
patchelf --force-rpath --set-rpath '$ORIGIN/../lib/foz' "$stage/bin/foz"

cp "$here/foz.service" "$stage/share/systemd/"
cp "$here/foz.yaml" "$stage/share/foz/example/"
cp "$root/LICENSE" "$root/README.md" "$stage/"
cp -r "$root/docs" "$root/examples/grafana" "$stage/share/foz/"

# Licences of what does not come from a Debian package, or is compiled in.
deps=$root/build/deps
unzip -qjo "$deps"/dl/pyarrow-*.whl '*/licenses/LICENSE.txt' '*/licenses/NOTICE.txt' -d "$stage/share/licenses/arrow"
mkdir -p "$stage/share/licenses/duckdb"
tar xf "$deps"/dl/duckdb-[0-9]*.tar.gz -C "$stage/share/licenses/duckdb" --strip-components=3 --wildcards \
  'duckdb-*/external/duckdb/LICENSE' 'duckdb-*/external/duckdb/third_party/*/LICENSE'
cp "$root/src/kafka/schemas/NOTICE" "$stage/share/licenses/kafka-schemas.txt"
for package in preact @preact/signals @preact/signals-core; do
  cp "$deps/node_modules/$package/LICENSE" "$stage/share/licenses/${package##*/}.txt"
done
for package in libboost1.81-dev libcli11-dev nlohmann-json3-dev libroaring-dev; do
  cp "/usr/share/doc/$package/copyright" "$stage/share/licenses/$package.txt"
done
cat >"$stage/NOTICE" <<NOTICE
foz
Copyright 2026 The foz authors

Licensed under the Apache License, Version 2.0 (LICENSE). It comes with, or contains parts of:

  Apache Arrow and Parquet, with what they contain   share/licenses/arrow
  DuckDB, with what it contains                      share/licenses/duckdb
  message schemas of Apache Kafka                    share/licenses/kafka-schemas.txt
  Preact and its signals, in the page                share/licenses/preact.txt, signals*.txt
  libraries of Debian 12, each by its own licence    share/licenses/*.txt
NOTICE
