#!/usr/bin/env python3
"""Fetches the artifacts of artifacts.txt into $TEMPER_DEPS, each checked against its SHA-256; skips what is there."""
import dataclasses
import fnmatch
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).parent
DEPS = pathlib.Path(os.environ["TEMPER_DEPS"])
PIP = [os.environ["TEMPER_VENV"] + "/bin/pip", "--quiet", "--disable-pip-version-check", "download", "--no-deps",
       "--require-hashes"]
PLATFORMS = ["manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux2014_x86_64", "any"]


@dataclasses.dataclass
class Artifact:
    name: str
    ecosystem: str
    package: str
    version: str
    sha256: str
    files: list  # of (pattern, destination, unzip)

    def stamp(self):
        return hashlib.sha256(repr(self).encode()).hexdigest()


def read_manifest(path):
    artifacts = []
    for line in path.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if not line[0].isspace():
            artifacts.append(Artifact(*line.split(), files=[]))
            continue
        pattern, _, target = line.partition("->")
        destination, *flags = target.split()
        artifacts[-1].files.append((pattern.strip(), destination, flags == ["unzip"]))
    return artifacts


def unpack_npm(artifact, folder):
    subprocess.run(["npm", "pack", "--silent", f"{artifact.package}@{artifact.version}"], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)
    [archive] = folder.glob("*.tgz")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != artifact.sha256:
        sys.exit(f"setup: {artifact.name}: SHA-256 is {digest}, artifacts.txt says {artifact.sha256}")
    shutil.unpack_archive(archive, folder / "tree")
    return folder / "tree"


def pip_requirement(artifact, folder):
    path = folder / "requirement.txt"
    path.write_text(f"{artifact.package}=={artifact.version} --hash=sha256:{artifact.sha256}\n")
    return str(path)


def unpack_wheel(artifact, folder):
    platforms = [f"--platform={platform}" for platform in PLATFORMS]
    subprocess.run([*PIP, "--only-binary", ":all:", "--python-version=3.11", *platforms, "--dest", folder / "out",
                    "-r", pip_requirement(artifact, folder)], check=True)
    [archive] = (folder / "out").iterdir()
    shutil.unpack_archive(archive, folder / "tree", "zip")
    return folder / "tree"


def unpack_sdist(artifact, folder):
    # pip checks the hash, unpacks, then asks the package's build system for metadata; some compile for minutes then.
    # Without build isolation that step has no build system to call and fails at once; --no-clean keeps the tree.
    (folder / "tmp").mkdir()
    pip = subprocess.run([*PIP, "--no-binary", ":all:", "--no-build-isolation", "--no-clean", "--dest", folder / "out",
                          "-r", pip_requirement(artifact, folder)],
                         env={**os.environ, "TMPDIR": str(folder / "tmp")}, capture_output=True, text=True)
    trees = [path.parent for path in (folder / "tmp").glob("pip-download-*/*/PKG-INFO")]
    if len(trees) != 1:
        sys.exit(f"setup: {artifact.name}: pip download failed:\n{pip.stdout}{pip.stderr}")
    return trees[0]


UNPACK = {"npm": unpack_npm, "wheel": unpack_wheel, "sdist": unpack_sdist}


def install(artifact, tree):
    names = [str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()]
    for pattern, destination, unzip in artifact.files:
        found = [n for n in names if fnmatch.fnmatchcase(n, pattern) and n.count("/") == pattern.count("/")]
        if not found:
            sys.exit(f"setup: {artifact.name}: nothing in the archive matches {pattern}")
        for name in found:
            target = DEPS / destination
            if destination.endswith("/") and not unzip:
                target = target / pathlib.Path(name).name
            target.parent.mkdir(parents=True, exist_ok=True)
            if unzip:
                zipfile.ZipFile(tree / name).extractall(target)
            else:
                partial = target.with_name(target.name + ".partial")
                shutil.copyfile(tree / name, partial)
                partial.rename(target)  # a program that has the old file open keeps it


def main():
    stamps = DEPS / ".stamps"
    stamps.mkdir(parents=True, exist_ok=True)
    for artifact in read_manifest(HERE / "artifacts.txt"):
        stamp = stamps / artifact.name
        if stamp.exists() and stamp.read_text() == artifact.stamp():
            continue
        print(f"setup: fetching {artifact.name} {artifact.version}", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            install(artifact, UNPACK[artifact.ecosystem](artifact, folder))
        stamp.write_text(artifact.stamp())


if __name__ == "__main__":
    main()
