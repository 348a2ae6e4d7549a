"""n-census: causes made on purpose, and the sentence that fragctl has for each."""
OPTIONS = dict(memory="384M", append="movablecore=128M cma=32M@160M hugepagesz=1G hugepages=2 slab_nomerge",
               qemu=("-blockdev", "driver=null-co,node-name=disk,size=1073741824,read-zeroes=on", "-device", "nvme,drive=disk,serial=1"))
MIB = 1 << 20


def caches(report, name):
    """Bytes of each slab cache, as the guest's own slabinfo has it."""
    sizes = {}
    for line in report.all(name):
        words = line.split()
        if len(words) > 15 and words[1].isdigit():
            sizes[words[0]] = int(words[14]) * int(words[5]) * 4096
    return sizes


def findings(report, name, member):
    return " ".join(report[name][member]["findings"])


def has(check, text, *parts, what):
    check(all(p in text for p in parts), what, [text, *parts])


def slabs_and_locks(check, report):
    before, after = caches(report, "slabs-before"), caches(report, "slabs-after")
    name = max(after, key=lambda c: after[c] - before.get(c, 0))
    census = report["census"]["census"]
    owner = next((o for o in census["owners"] if o["owner"] == name), None)
    check(after[name] - before[name] >= 5 * MIB and owner and abs(owner["bytes"] - after[name]) <= after[name] // 10,
          f"unmovable slabs: the cache that grew most, {name}, is among the owners, with its size", [after[name], census["owners"]])
    has(check, findings(report, "census", "census"), f"Slab cache {name} has ", "of its objects are in use",
        "24 MiB are locked (mlock), and vm.compact_unevictable_allowed is 0: compaction does not move them.",
        what="census names the cache that is hardly in use, and the locked memory")
    locked = next((o["bytes"] for o in census["owners"] if o["kind"] == "mlocked"), 0)
    check(24 * MIB <= locked <= 26 * MIB, "the locked memory is as much as was locked", locked)


def movable_and_cma(check, report):
    census = report["census"]["census"]
    movable = census["nodes"][0]["movable_zone_bytes"]
    check(100 * MIB <= movable <= 132 * MIB, "ZONE_MOVABLE has what movablecore= asked for", movable)
    check(census["nodes"][0].get("user_only_free_bytes", 0) > 64 * MIB, "what only user memory may count on is told", census["nodes"])
    check("movablecore=128M" in census["boot"], "the boot parameter is told", census["boot"])
    blocks = census.get("memory_blocks")
    check(blocks and blocks["blocks"] == blocks["looked_at"] > 0 and blocks["offline"] == 0, "blocks of memory", blocks)
    text = " ".join(report.all("census-text"))
    if not census.get("cma_total_bytes"):
        check(report.release.startswith(("5.10", "6.1.")) and not census["cma_areas"] and "CMA: 32M" not in text, "this kernel has no CMA area, and none is told", census["cma_areas"])
        return
    area = census["cma_areas"]
    check(len(area) == 1 and area[0]["total_bytes"] == 32 * MIB and "allocated_pages" in area[0] and "failed_pages" in area[0],
          "the CMA area, with what it gave and refused", area)
    has(check, text, "CMA: 32M, ", "pages given, ", what="and for people")


def pools(check, report):
    huge, got = report["hugepages"]["huge_pages"], int(report["pool"])
    small, large = (next(p for p in huge["pools"] if p["size_bytes"] == size and "node" not in p) for size in (2 * MIB, 1024 * MIB))
    check((small["pages"], small["wanted"], small["short"]) == (got, 40, 40 - got), "a pool that is short of what sysctl.d asks for", small)
    check((large["pages"], large["wanted"], large["short"]) == (0, 2, 2), "a pool that is short of what the boot asked for", large)
    has(check, findings(report, "hugepages", "huge_pages"), f"The pool of 2 MiB pages is short by {40 - got}: /etc/sysctl.d/50-db.conf asks for 40",
        "The pool of 1 GiB pages is short by 2: the boot parameter hugepages= asks for 2, and it has 0.", what="the sentences for both")


def compaction(check, report):
    c = report["compaction"]["compaction"]
    kinds = {k["kind"]: k for k in c["kinds"]}
    check(kinds["others"]["runs"] >= 1 and c["isolated_pages"] > 1024, "compaction by hand is seen, though no kernel counts it", c)
    check(kinds["own"]["runs"] == 0 and kinds["demand"]["runs"] == 0, "and is taken for nobody else's", kinds)
    has(check, findings(report, "compaction", "compaction"), "Somebody else compacts by hand (inferred): ", what="the sentence for it")
    old = "before 5.13" in " ".join(c["caveats"])
    check(old == report.release.startswith("5.10"), "what this kernel cannot tell apart", c["caveats"])


def explained(report, name, use=None):
    """The explanation of the objective (for user or kernel memory)."""
    return next(e for e in report[name]["explanations"] if use in (None, e["objective"]["use"]))


def of_machine(report, name, cause):
    """What is said of the machine under that name."""
    return [c for c in report[name]["machine"] if c["cause"] == cause]


def causes(check, report):
    """The sentence of explain for each, and its name."""
    got = int(report["pool"])
    pools = {c["sentence"]: c["next_step"] for c in of_machine(report, "explain-pools", "hugetlb-pool")}
    small = f"The pool of 2 MiB pages is short by {40 - got}: /etc/sysctl.d/50-db.conf asks for 40, and it has {got}."
    check(small in pools and pools[small].startswith(f"fragctl prepare --hugetlb --size 2M --count {40 - got} "),
          "hugetlb-pool: by how much, and the command that gets them", report["explain-pools"]["machine"])
    large = "The pool of 1 GiB pages is short by 2: the boot parameter hugepages= asks for 2, and it has 0."
    check("hugepagesz=1G hugepages=2" in pools.get(large, ""), "hugetlb-pool: gigantic pages are a matter for the boot", pools)
    others = of_machine(report, "explain-by-hand", "other-writer")
    check(len(others) == 1 and others[0]["sentence"].startswith("Somebody else compacts by hand (inferred): "), "other-writer: somebody compacts by hand", others)
    e = explained(report, "explain-kernel", "kernel")
    check((e["cause"], e["objective"]["verdict"]) == ("movable-only", "short") and " that are free lie in ZONE_MOVABLE" in e["sentence"] and
          ("in CMA areas" in e["sentence"]) == bool(report["census"]["census"].get("cma_total_bytes")),
          "movable-only: what is free is of no use for the kernel's own requests; CMA where there is some", e)
    check(explained(report, "explain-kernel", "user")["cause"] in ("none", "fragmented"), "user memory gets it", report["explain-kernel"])
    e = explained(report, "explain", "kernel")
    check((e["cause"], e["objective"]["verdict"]) == ("page-cache", "short") and
          " are clean page cache, which the kernel gives back when memory is asked for" in e["sentence"] and
          e["next_step"].startswith("If page cache fills the memory this is normal: the kernel reclaims it on demand."),
          "page-cache: a flood of it is short memory, and normal", e)
    every = [e["cause"] for name in ("explain-pools", "explain-by-hand", "explain-kernel", "explain") for e in report[name]["explanations"]]
    check(not {"slab", "mlocked", "unmovable", "unaccounted"} & set(every), "and nothing that nobody can help", every)


def n_census(check, report):
    slabs_and_locks(check, report)
    movable_and_cma(check, report)
    pools(check, report)
    compaction(check, report)
    causes(check, report)


def other_writer(check, report):
    said = [c["sentence"] for c in of_machine(report, "explain-writer", "other-writer")]
    check(f"Adaptivemm runs (process {report['writer']}), which compacts nodes and sets vm.watermark_scale_factor: fragd leaves that to it." in said,
          "other-writer: who runs beside fragd", said)
    check("Cron writes vm.drop_caches = 3 (/etc/cron.d/memory:1)." in said, "other-writer: the job of cron, with its file", said)
    decisions = [e["decision"] for e in report["log-writer"]["entries"]]
    check(not any(d.get("act") in ("set-knob", "compact") and not d.get("would") for d in decisions), "fragd stands back", decisions)
    check(any("adaptivemm runs" in line for line in report.all("status-writer")), "status names it, too", report.all("status-writer"))


def locked(check, report):
    e = explained(report, "explain-locked")
    check(e["cause"] == "mlocked" and e["objective"]["verdict"] in ("pinned", "futile"), "mlocked: what compaction may not move is in its way", e)
    check(" are locked (mlock), and vm.compact_unevictable_allowed is 0: compaction does not move them." in e["sentence"] and
          e["next_step"].startswith("sysctl -w vm.compact_unevictable_allowed=1 "), "mlocked: the sentence, and what helps", e)
    check("daptivemm" not in str(report["explain-locked"]["machine"]), "the other writer has gone", report["explain-locked"]["machine"])


def order_zero(check, report):
    found = [m for m in report.all("decode") if m.get("order") == 0 and "GFP_ATOMIC" in str(m.get("gfp"))]
    check(found, "single pages were refused to requests that cannot wait", report.all("dmesg"))
    check(all(m["class"] == "atomic-reserve" for m in found), "decode: not called fragmentation", found)
    every = [e["cause"] for e in report["explain-atomic"]["explanations"]]
    check(not {"fragmented", "mlocked", "unmovable", "slab", "unaccounted"} & set(every), "explain: neither", report["explain-atomic"])


def o_causes(check, report):
    other_writer(check, report)
    locked(check, report)
    order_zero(check, report)
    check(report["exit"] == "0", "fragd ends with 0", report.all("stderr"))
