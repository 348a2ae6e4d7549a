# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The hooks of contrib/hooks on fragmented memory: before a real PostgreSQL and a real MariaDB, started by their units; and the
# others as their programs call them.

hooks=/usr/share/fragd/hooks
pool=/sys/kernel/mm/hugepages/hugepages-2048kB

phase_1() {
        check "the package is installed" dpkg -i "$(find /test -name 'fragd_*.deb' ! -name '*newer*')"
        check "fragd is started" systemctl start fragd
        check "it answers" until_true 60 answers
        quiet_kernel
        check "memory is fragmented" fragmented
        echo "@phase postgresql"
        postgresql
        echo "@phase mariadb"
        mariadb
        echo "@phase others"
        others
}

# pages: how many the pool has; used: those that some program has, or will get.
pages() {
        cat $pool/nr_hugepages
}
used() {
        echo $(($(pages) - $(cat $pool/free_hugepages) + $(cat $pool/resv_hugepages)))
}
no_pages() {
        echo 0 >$pool/nr_hugepages
        check "the pool is empty again" equal 0 pages
}
at_least() {
        local wanted=$1 got
        shift
        got=$("$@") && echo "$got, expected at least $wanted" && [ "$got" -ge "$wanted" ]
}
# largest PID: of its areas on such pages, in MiB.
largest() {
        awk '$1 == "Size:" { size = $2 / 1024 } $1 == "KernelPageSize:" && $2 == 2048 && size > most { most = size } END { print int(most) }' \
                "/proc/$1/smaps"
}
# on_huge_pages PID: it has memory on pages of a pool.
on_huge_pages() {
        grep -q '^KernelPageSize: *2048 kB' "/proc/$1/smaps"
}

postgresql() {
        local version unit log pid
        version=$(ls /etc/postgresql)
        unit=postgresql@$version-main.service
        log=/var/log/postgresql/postgresql-$version-main.log
        cat >"/etc/postgresql/$version/main/conf.d/test.conf" <<'END'
huge_pages = on
shared_buffers = 48MB
max_connections = 20
fsync = off
END
        systemctl start "$unit"
        check "without the hook it does not start" not pg_isready -q
        check "for want of huge pages" has "could not map anonymous shared memory" cat "$log"
        systemctl reset-failed "$unit"

        check "the drop-in is where it says" install -D -m 644 $hooks/systemd/postgresql.conf \
                /etc/systemd/system/postgresql@.service.d/fragd.conf
        systemctl daemon-reload
        check "with the hook it starts" systemctl start "$unit"
        check "and answers" until_true 60 pg_isready -q
        check "its shared memory takes huge pages" at_least 24 used
        pid=$(head -n 1 "/var/lib/postgresql/$version/main/postmaster.pid")
        check "it is on them" on_huge_pages "$pid"
        check "hardly more were made than it takes" at_least "$(($(pages) - 2))" used
        had=$(pages)
        check "started again" systemctl restart "$unit"
        check "it answers" until_true 60 pg_isready -q
        check "on the pages that it had" equal "$had" pages
        shown systemctl status "$unit"
        systemctl stop "$unit"

        echo "shared_buffers = 4GB" >>"/etc/postgresql/$version/main/conf.d/test.conf"
        check "with more than there can be the hook fails" not systemctl start "$unit"
        check "and says why" has "Could not prepare 4 GiB in blocks of 2 MiB: at most" journalctl -b -u "$unit" --no-pager -o cat -n 20
        shown journalctl -b -u "$unit" --no-pager -n 20
        no_pages
}

mariadb() {
        cat >/etc/mysql/mariadb.conf.d/99-test.cnf <<'END'
[mariadbd]
large-pages
innodb_buffer_pool_size = 24M
innodb_log_buffer_size = 2M
innodb_log_file_size = 4M
key_buffer_size = 4M
aria_pagecache_buffer_size = 4M
performance_schema = OFF
END
        check "the drop-in is where it says" install -D -m 644 $hooks/systemd/mariadb.conf /etc/systemd/system/mariadb.service.d/fragd.conf
        systemctl daemon-reload
        check "it starts" systemctl start mariadb
        check "it is active" active mariadb
        check "on huge pages" on_huge_pages "$(pid mariadb)"
        check "its buffer pool is on them, too" at_least 24 largest "$(pid mariadb)"
        check "no cache had to do without" not has "large.page\|HugeTLB" journalctl -b -u mariadb --no-pager -o cat
        shown cat /proc/meminfo
        shown systemctl status mariadb
        systemctl stop mariadb
        no_pages
}

# A domain's XML as libvirt writes it, with so many KiB.
domain() {
        cat <<END
<domain type='kvm' id='1'>
  <name>vm</name>
  <memory unit='KiB'>$1</memory>
  <currentMemory unit='KiB'>$1</currentMemory>
  <memoryBacking>
    <hugepages/>
  </memoryBacking>
</domain>
END
}
# libvirt KIB: as libvirtd runs a hook.
libvirt() {
        domain "$1" | env -i LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root $hooks/libvirt-qemu vm prepare begin -
}
# An image with fragctl alone, as the example says; what the kubelet gives to a container of it, and nothing else.
init_container() {
        local image=/test/image library
        mkdir -p $image/usr/bin $image/run/fragd
        cp /usr/bin/fragctl $image/usr/bin/
        ldd /usr/bin/fragctl | grep -o '/[^ ]*' | while read -r library; do
                install -D "$library" "$image$library"
        done
        # shellcheck disable=SC2046
        systemd-run --quiet --wait --pipe -p RootDirectory=$image -p MountAPIVFS=yes -p BindPaths=/run/fragd -p PrivateNetwork=yes \
                -p CapabilityBoundingSet="CAP_CHOWN CAP_DAC_OVERRIDE CAP_SETUID CAP_SETGID CAP_KILL" -p NoNewPrivileges=yes \
                $(sed -n 's/^ *command: *\[\(.*\)\]$/\1/p' $hooks/kubernetes-init.yaml | tr -d '",' | sed "s/--count [0-9]*/--count $1/")
}
others() {
        check "libvirt: a guest of 16 MiB" libvirt 16384
        check "has its pages" equal 8 pages
        check "libvirt: one of 16 GiB is refused" not libvirt 16777216
        check "and the pool is as before" equal 8 pages
        check "SPDK: so many pages on a node" env NRHUGE=12 HUGENODE=0 $hooks/fragd-prepare-spdk
        check "has them" equal 12 pages
        check "its own script then changes nothing" eval 'echo 12 >/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages'
        check "SPDK: MiB, on all nodes" env HUGEMEM=28 $hooks/fragd-prepare-spdk
        check "has them" equal 14 pages
        printf '%s\n' "*.db_name='ORCL'" '*.sga_target=24m' '*.sga_max_size=32M # at most' >/test/init.ora
        check "Oracle: the SGA of a parameter file" $hooks/fragd-prepare-oracle /test/init.ora
        check "has its pages" equal 18 pages
        check "Kubernetes: an init container" init_container 4
        check "one that asks for too much fails" exits 3 "" init_container 4096
}
