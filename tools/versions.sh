# What ./dev installs, pinned in one place. cmake/dependencies.cmake names the same versions.
PYARROW=26.0.1
DUCKDB=1.5.6
DUCKDB_NPM=1.5.6-r.1
PYARROW_SHA256=39cb0f2418282c24bea6ceda77b03e5a8f0a5766b63a8bf194d4e2a2c423548c
DUCKDB_SHA256=166a91dbfacfc0c9f08cc76c0243cb6d3d4296bfab5bad72a3cfb63140a5b7c8
DUCKDB_NPM_SHA256=1b9f82478539bb9a1d1df44bd103121a12ae52142c07158dc52b97d2ec1d69ff

BUILD_PACKAGES=(
  g++ cmake ninja-build ccache mold pkg-config unzip ca-certificates git python3 python3-venv
  libboost1.81-dev libssl-dev libcurl4-openssl-dev libroaring-dev libsimdjson-dev libfmt-dev libcli11-dev libyaml-cpp-dev
  libzstd-dev liblz4-dev libsnappy-dev zlib1g-dev nlohmann-json3-dev libgtest-dev libgmock-dev libbenchmark-dev
)
TEST_PACKAGES=(kcat)
