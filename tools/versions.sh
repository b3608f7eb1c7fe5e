# What ./dev installs, pinned in one place. cmake/dependencies.cmake names the same versions.
PYARROW=26.0.1
DUCKDB=1.5.6
DUCKDB_NPM=1.5.6-r.1
PYARROW_SHA256=39cb0f2418282c24bea6ceda77b03e5a8f0a5766b63a8bf194d4e2a2c423548c
DUCKDB_SHA256=166a91dbfacfc0c9f08cc76c0243cb6d3d4296bfab5bad72a3cfb63140a5b7c8
DUCKDB_NPM_SHA256=1b9f82478539bb9a1d1df44bd103121a12ae52142c07158dc52b97d2ec1d69ff
# The page: what bundles it, what it is made with, and what checks its types and format.
ESBUILD=0.28.2
PREACT=11.2.0
PREACT_SIGNALS=2.11.4
PREACT_SIGNALS_CORE=1.14.5
TYPESCRIPT=5.9.3
BIOME=2.6.8
ESBUILD_SHA256=9573bb2233aab0f9ea7647d5cca9726113cc1768de61d66b17267f4db84488f6
PREACT_SHA256=3c4456766bd32b6b534d52bf4e9c2a29b33e7eedf6e96ed479300ba1a7888ebf
PREACT_SIGNALS_SHA256=66ea8221dd8aaa0da2365d49c3f116b071d56cfb63b2e16c072c6b4e08a928b7
PREACT_SIGNALS_CORE_SHA256=94c421ac996214c94f532fb4c43d8ede048a16df0cd9538ffb965174dbe8daba
TYPESCRIPT_SHA256=10e108c9cf7d5f2879053dff18515fb405abf2ccef63eaaf017d9c571687a1d3
BIOME_SHA256=e9fc491ffec6ba4024549b7c797937cd4f01855b4fe66a78220efe83b95be7f1

# What the tests talk to foz with, beside Python's packages.
KAFKAJS=2.2.4
KAFKAJS_SHA256=c814f61afbb2b42e314a5e17780475e6a15aa47bbd33b126b81123e69b02a6f6
TRINO_JDBC=484
TRINO_JDBC_SHA256=46476af2968e6f3234e8b22d7e29c26e6d7213ce88ab546a29c4c318c921cd34

BUILD_PACKAGES=(
  g++ cmake ninja-build ccache mold pkg-config unzip ca-certificates git python3 python3-venv
  libboost1.81-dev libssl-dev libcurl4-openssl-dev libroaring-dev libsimdjson-dev libfmt-dev libcli11-dev libyaml-cpp-dev
  libzstd-dev liblz4-dev libsnappy-dev zlib1g-dev nlohmann-json3-dev libgtest-dev libgmock-dev libbenchmark-dev
)
TEST_PACKAGES=(kcat chromium prometheus maven openjdk-17-jdk-headless)
PACKAGE_PACKAGES=(binutils dpkg-dev patchelf systemd)
