#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""test_release.py BUILD: a release, from the tree to what an administrator installs: `meson dist`, the Debian source and binary packages, lintian, a second
build in other surroundings that has to give the same bytes, the package's contents, the RPM spec file. Prints TAP.

What is tested is what `git commit -a` would commit: the files that git knows, as they are now. All of it happens in BUILD/release
(deb.py) and in a temporary directory; nothing is installed."""

import fnmatch
import glob
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lint"))
import lint  # noqa: E402
from deb import OTHER, Failed, Release, build, known_files, run, text  # noqa: E402

# Where the macros of an RPM system point to; Debian's rpm does not know them.
MACROS = {
    "_unitdir": "/usr/lib/systemd/system", "_presetdir": "/usr/lib/systemd/system-preset", "_sysusersdir": "/usr/lib/sysusers.d",
    "_journalcatalogdir": "/usr/lib/systemd/catalog",
}


class Checked:
    """The release of this tree, which tests/debian may have built already."""

    def __init__(self, directory, build_directory):
        self.directory = directory
        self.release = Release(build_directory)
        self.version = self.release.version
        self.built = None  # the directory with the packages

    def tarball(self):
        """meson dist packs every file that git knows, and nothing else."""
        packed = {n.split("/", 1)[1] for n in run("tar", "-tJf", self.release.tarball()).splitlines() if not n.endswith("/")}
        names = set(known_files())
        return [f"not in the tarball: {n}" for n in sorted(names - packed)] + \
               [f"in the tarball, unknown to git: {n}" for n in sorted(packed - names)]

    def package(self):
        """The tarball as it is becomes a Debian source package and a binary package."""
        self.built = self.release.packages()
        return []

    def only(self, pattern):
        found = glob.glob(os.path.join(self.built, pattern)) if self.built else []
        if len(found) != 1:
            raise Failed([f"{len(found)} files {pattern}, expected one: the package was not built"])
        return found[0]

    def lintian(self):
        """Errors and warnings, and overrides that nothing needs any more."""
        out = run("lintian", "-EI", "--pedantic", "--show-overrides", "--fail-on", "none", self.only("*.changes"),
                  env={"HOME": self.directory}).splitlines()
        if not any(line.startswith("O: ") for line in out):
            return ["lintian does not mention the overridden tag: did it look at all?"] + out
        return [line for line in out if re.match(r"[EW]: |I: .* (unused|mismatched)-override ", line)]

    def reproducible(self):
        """The source package, built elsewhere: another path, umask, time zone, locale, number of jobs."""
        other = os.path.join(self.directory, "two", "in-a-longer-path")
        os.makedirs(other)
        run("dpkg-source", "--extract", self.only("*.dsc"), "tree", cwd=other, umask=OTHER["umask"])
        build(os.path.join(other, "tree"), OTHER)
        debs = sorted(glob.glob(os.path.join(self.built, "*.deb")))
        if len(debs) != 2:
            return [f"expected fragd and its debugging symbols, found {debs}"]
        return [f"{os.path.basename(deb)} differs" for deb in debs if sha256(deb) != sha256(os.path.join(other, os.path.basename(deb)))]

    def smoke(self):
        """debian/tests/smoke with the programs of the package, unpacked."""
        root = os.path.join(self.directory, "root")
        run("dpkg-deb", "--extract", self.only("fragd_*.deb"), root)
        run(os.path.join(lint.SOURCE, "debian/tests/smoke"), root)
        return []

    def scripts(self):
        """Nothing of the package enables a unit; what an administrator enabled is enabled again after a removal."""
        control = os.path.join(self.directory, "control")
        run("dpkg-deb", "--control", self.only("fragd_*.deb"), control)
        found = [f for path in glob.glob(control + "/p*") for f in enables(os.path.basename(path), text(path))]
        return found + ([] if os.access(control + "/postrm", os.X_OK) else ["no postrm"])

    def purge(self):
        """Removal keeps the policy that was set, purging leaves nothing, and touches nothing of others."""
        root = os.path.join(self.directory, "purge")
        ours, others = ["var/lib/fragd/policy", "run/fragd/baseline"], ["var/lib/other/file", "run/other/file"]
        for name in ours + others:
            os.makedirs(os.path.dirname(os.path.join(root, name)))
            open(os.path.join(root, name), "wb").close()
        script, found = os.path.join(lint.SOURCE, "debian/fragd.postrm"), []
        for action, left in (("remove", ours + others), ("upgrade", ours + others), ("purge", others), ("purge", others)):
            run("sh", script, action, env={"DPKG_ROOT": root})
            is_left = [os.path.relpath(os.path.join(d, f), root) for d, _, files in os.walk(root) for f in files]
            if sorted(is_left) != sorted(left):
                found.append(f"after {action}: {sorted(is_left)}, expected {sorted(left)}")
        return found + [f"{d} is left" for d in ("var/lib/fragd", "run/fragd") if os.path.exists(os.path.join(root, d))]

    def installed(self):
        """What `meson install` puts where, as an RPM system sees it: /lib is /usr/lib there."""
        paths = json.loads(run("meson", "introspect", "--installed", self.release.meson)).values()
        return sorted(re.sub(r"^/lib/", "/usr/lib/", p) for p in paths)

    def spec(self):
        """rpmspec takes the spec file, and its %files are what is installed."""
        macros = [a for name, value in MACROS.items() for a in ("--define", f"{name} {value}")]
        return spec_files(run("rpmspec", "-P", *macros, os.path.join(lint.SOURCE, "packaging/fragd.spec")), self.installed())

    def versions(self):
        """One version everywhere."""
        spec = re.search(r"^Version:\s*(\S+)", text(os.path.join(lint.SOURCE, "packaging/fragd.spec")), re.M).group(1)
        debian = re.match(r"fragd \(([^)]+)-\d+\) ", text(os.path.join(lint.SOURCE, "debian/changelog")))
        changes = re.search(r"^## (\S+)", text(os.path.join(lint.SOURCE, "CHANGELOG.md")), re.M).group(1)
        said = {"packaging/fragd.spec": spec, "debian/changelog": debian and debian.group(1), "CHANGELOG.md": changes}
        return [f"{where} says {what}, meson.build {self.version}" for where, what in said.items() if what != self.version]


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def enables(name, script):
    """Where a maintainer script enables a unit that was not enabled before: debhelper asks for that with debian-installed."""
    asked = set(re.findall(r"^\s*if deb-systemd-helper debian-installed '([^']+)'; then$", script, re.M))
    return [f"{name}: {line.strip()}" for line in script.splitlines()
            for unit in [re.search(r"(?:deb-systemd-helper|systemctl)\b.* (?:enable|preset)\s+(?:--\S+\s+)*'?([^'\s]+)", line)]
            if unit and unit.group(1) not in asked]


def spec_files(spec, installed):
    """What %files leaves out, and what it lists in vain."""
    section = re.search(r"^%files\n(.*?)^%\w+\n", spec + "\n%end\n", re.M | re.S).group(1)
    patterns = [line.split()[-1] for line in section.splitlines()
                if line.strip() and not re.match(r"%(dir|license|doc) |#", line)]
    unknown = [f"packaging/fragd.spec: {p}: a macro that this test does not know" for p in patterns if "%" in p]

    def covers(pattern, path):
        return path.startswith(pattern) if pattern.endswith("/") else fnmatch.fnmatch(path, pattern)
    return unknown + [f"installed, but not in %files of packaging/fragd.spec: {path}" for path in installed
                      if not any(covers(p, path) for p in patterns)] + \
        [f"packaging/fragd.spec: %files has {p}, but no such file is installed" for p in patterns
         if "%" not in p and not any(covers(p, path) for path in installed)]


def blind():
    spec = "%files\n%license L\n%dir /etc/fragd\n%config(noreplace) /etc/fragd/a.conf\n/usr/bin/x\n/usr/lib/d/\n\n%changelog\n- /no\n"
    good = ["/etc/fragd/a.conf", "/usr/bin/x", "/usr/lib/d/e"]
    expected = {"nothing amiss": (spec, good, 0), "one not listed": (spec, good + ["/usr/bin/y"], 1),
                "one that is not there": (spec, good[:2], 1), "an unknown macro": (spec.replace("/usr/bin", "%{_x}"), good, 2)}
    enable = "deb-systemd-helper enable 'a.service' >/dev/null || true\n"
    polite = "if deb-systemd-helper debian-installed 'a.service'; then\n  " + enable
    scripts = {"enabled at once": (enable, 1), "enabled by systemctl": ("systemctl --system enable a.service\n", 1),
               "enabled again": (polite, 0), "one is asked for, another enabled": (polite + enable.replace("a.", "b."), 1)}
    return [f"{what}: {spec_files(s, i)}" for what, (s, i, n) in expected.items() if len(spec_files(s, i)) != n] + \
           [f"{what}: {enables('a', s)}" for what, (s, n) in scripts.items() if len(enables("a", s)) != n]


def cases(directory):
    r = Checked(directory, sys.argv[1])
    for title, case in (
            ("faults are found", blind), ("one version everywhere", r.versions),
            ("meson dist packs what git knows", r.tarball), ("the tarball becomes a Debian package", r.package),
            ("lintian has neither errors nor warnings", r.lintian), ("another build, elsewhere, gives the same bytes", r.reproducible),
            ("the package's programs run", r.smoke), ("the package enables nothing", r.scripts),
            ("purging leaves nothing", r.purge), ("the RPM spec file lists what is installed", r.spec)):
        try:
            yield title, case()
        except Failed as e:
            yield title, e.args[0]


with tempfile.TemporaryDirectory(prefix="fragd-release-") as temporary:
    lint.report(cases(temporary))
