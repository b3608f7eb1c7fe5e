"""What `./dev package` makes, from the program under test. `./dev package --try` uses it on a bare Debian."""

import os
import pathlib
import re
import subprocess

import pytest

from conftest import FOZ_BIN, ROOT


def run(*command, **options):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def stage(tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("package") / "foz-0-linux-x86_64"
    run(ROOT / "packaging/stage.sh", FOZ_BIN, folder)
    return folder


def test_the_tarball_runs_from_anywhere_with_what_it_brings(stage, tmp_path):
    elsewhere = tmp_path / "a folder"
    stage.rename(elsewhere)
    try:
        foz = elsewhere / "bin/foz"
        assert re.search(r"RPATH.*\[\$ORIGIN/\.\./lib/foz\]", run("readelf", "-d", foz))
        assert run(foz, "--version", env={}).startswith("foz ")
        run(foz, "init", tmp_path / "shop", env={})
        assert "no errors" in run(foz, "check", tmp_path / "shop", env={})
        for line in run("ldd", foz, env={"PATH": os.environ["PATH"]}).splitlines():
            library, _, where = line.strip().partition(" => ")
            if where and not re.match(r"lib(c|m|dl|rt|pthread|resolv)\.so", library):
                assert where.startswith(str(elsewhere)), line
    finally:
        elsewhere.rename(stage)


def test_it_names_the_licences_of_all_that_is_in_it(stage):
    notice = (stage / "NOTICE").read_text()
    assert "Apache Arrow" in notice and "DuckDB" in notice and (stage / "LICENSE").exists()
    licences = stage / "share/licenses"
    assert "Apache License" in (licences / "arrow/LICENSE.txt").read_text()
    assert "DuckDB" in (licences / "duckdb/LICENSE").read_text() or "DuckDB" in "".join(
        path.read_text(errors="replace") for path in (licences / "duckdb").rglob("LICENSE"))
    ours = {"libarrow", "libarrow_compute", "libparquet", "libduckdb"}
    for library in (stage / "lib/foz").iterdir():
        if library.name.partition(".")[0] in ours:
            continue
        package = run("dpkg-query", "-S", f"*/{os.path.basename(os.path.realpath('/usr/lib/x86_64-linux-gnu/' + library.name))}")
        names = {line.split(":")[0] for line in package.splitlines()}
        assert any((licences / f"{name}.txt").exists() for name in names), library.name


def test_the_debian_package_holds_the_service(stage, tmp_path):
    package = tmp_path / "foz.deb"
    run(ROOT / "packaging/deb.sh", stage, "1.2.3", package, "-Znone")
    about = run("dpkg-deb", "--info", package)
    assert " Version: 1.2.3\n" in about and "Architecture: amd64" in about
    for needed in ("libc6 (>=", "libcurl4", "libyaml-cpp0.7"):
        assert needed in about
    assert not re.search("libarrow|duckdb", about)
    run("dpkg-deb", "--raw-extract", package, tmp_path / "root")
    root = tmp_path / "root"
    assert (root / "DEBIAN/conffiles").read_text() == "/etc/foz/foz.yaml\n"
    assert sorted(p.name.partition(".")[0] for p in (root / "usr/lib/foz").iterdir()) == [
        "libarrow", "libarrow_compute", "libduckdb", "libparquet"]
    for path in root.rglob("*"):
        assert path.is_symlink() or path.stat().st_mode & 0o022 == 0, f"{path} may be written by others"
    listed = run("dpkg-deb", "--contents", package)
    assert all(line.split()[1] == "root/root" for line in listed.splitlines())
    checked = subprocess.run([root / "usr/bin/foz", "check", root / "etc/foz"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_unit_is_sound_and_confined(tmp_path):
    unit = (ROOT / "packaging/foz.service").read_text()
    trial = tmp_path / "foz.service"  # its own program and user need not be on this machine
    trial.write_text(unit.replace("/usr/bin/foz", "/bin/true").replace("User=foz\nGroup=foz\n", "").replace("Documentation=", "#"))
    verified = subprocess.run(["systemd-analyze", "verify", "--man=no", trial], capture_output=True, text=True)
    assert verified.returncode == 0 and "foz.service" not in verified.stderr, verified.stderr
    exposure = run("systemd-analyze", "security", "--offline=true", "--threshold=30", trial)
    assert "foz.service" in exposure


def test_it_tells_the_service_manager_what_it_does(make_foz, tmp_path):
    """As sd_notify(3) has it: ready when ready, alive while it is, stopping when asked."""
    import socket
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    heard.bind(str(tmp_path / "notify"))
    heard.settimeout(60)
    foz = make_foz()
    foz.wrapper = ["env", f"NOTIFY_SOCKET={tmp_path / 'notify'}", "WATCHDOG_USEC=200000"]
    foz.start()
    said = heard.recv(4096).decode().splitlines()
    while "READY=1" not in said:
        assert said[0].startswith("STATUS=replaying")
        said = heard.recv(4096).decode().splitlines()
    assert "STATUS=ready" in said
    assert heard.recv(4096) == b"WATCHDOG=1"
    assert foz.stop() == 0
    last = []
    heard.settimeout(0.1)
    while True:
        try:
            last.append(heard.recv(4096).decode())
        except TimeoutError:
            break
    assert last[-1].startswith("STOPPING=1\n")
