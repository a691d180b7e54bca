//! What Linux tells in `/proc` and `/sys`. Other systems have no such files, and each fact is then absent.
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::{Allowance, Cache, CoreKind, MemoryNode, Topology};

/// The folder that holds `proc` and `sys`, if there is one.
#[derive(Debug)]
pub struct System {
    root: Option<PathBuf>,
}

/// A group of processes with limits in common: its folder, and where its hierarchy is mounted.
#[derive(Debug)]
struct Cgroup {
    folder: PathBuf,
    mount: PathBuf,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Version {
    One,
    Two,
}

impl System {
    /// This system.
    pub fn here() -> Self {
        Self::at((!cfg!(lanestack_no_os)).then(|| "/".into()))
    }

    /// The one whose `proc` and `sys` are in this folder, or one that has none.
    pub fn at(root: Option<PathBuf>) -> Self {
        Self { root }
    }

    /// The name of the CPU, or the numbers that stand for it (Arm).
    #[cfg(any(test, not(target_arch = "x86_64")))]
    pub fn brand(&self) -> Option<String> {
        let text = self.read("proc/cpuinfo")?;
        let value = |key| value(&text, key);
        value("model name")
            .map(str::to_owned)
            .or_else(|| Some(format!("implementer {}, part {}", value("CPU implementer")?, value("CPU part")?)))
    }

    /// The caches for data of the first CPU, nearest first.
    pub fn caches(&self) -> Vec<Cache> {
        let mut caches: Vec<Cache> = self.caches_of(0).into_iter().map(|(cache, _)| cache).collect();
        caches.sort_by_key(|cache| cache.level);
        caches
    }

    /// The kinds of caches for data that there are, nearest first, and how many of each.
    pub fn all_caches(&self) -> Vec<(Cache, usize)> {
        let each: BTreeSet<(Cache, String)> = self.online().into_iter().flat_map(|cpu| self.caches_of(cpu)).collect();
        let mut kinds = BTreeMap::new();
        for (cache, _) in each {
            *kinds.entry(cache).or_insert(0) += 1;
        }
        kinds.into_iter().collect()
    }

    /// The caches for data of one CPU, and the list of the CPUs that share each.
    fn caches_of(&self, cpu: usize) -> Vec<(Cache, String)> {
        let folders = (0..).map(|k| format!("sys/devices/system/cpu/cpu{cpu}/cache/index{k}"));
        folders
            .map_while(|folder| self.read(&format!("{folder}/level")).map(|level| (folder, level)))
            .filter_map(|(folder, level)| {
                let read = |name| self.read(&format!("{folder}/{name}"));
                let kind = read("type")?.to_lowercase();
                ["data", "unified"].contains(&kind.as_str()).then_some(())?;
                let shared = read("shared_cpu_list");
                let cache = Cache {
                    level: level.parse().ok()?,
                    kind,
                    bytes: bytes(&read("size")?).filter(|&bytes| bytes > 0)?,
                    line_bytes: read("coherency_line_size").and_then(|size| size.parse().ok()),
                    shared_by: shared.as_ref().and_then(|list| Some(count(list)? as u32)),
                };
                Some((cache, shared.unwrap_or_else(|| cpu.to_string())))
            })
            .collect()
    }

    /// The CPUs that are switched on.
    fn online(&self) -> Vec<usize> {
        self.read("sys/devices/system/cpu/online").and_then(|list| cpus(&list)).unwrap_or_default()
    }

    /// The kinds of cores, if there are several: as the system's counters tell them apart, or else by what it says that they
    /// can do.
    pub fn core_kinds(&self) -> Vec<CoreKind> {
        let kind = |name: &str| {
            let list = self.read(&format!("sys/devices/{name}/cpus"))?;
            Some(CoreKind { name: name.to_owned(), cpus: cpus(&list)? })
        };
        let mut kinds: Vec<CoreKind> = ["cpu_core", "cpu_atom", "cpu_lowpower"].into_iter().filter_map(kind).collect();
        if kinds.is_empty() {
            let mut capacities: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
            for cpu in self.online() {
                let capacity = self.read(&format!("sys/devices/system/cpu/cpu{cpu}/cpu_capacity"));
                if let Some(capacity) = capacity.and_then(|text| text.parse().ok()) {
                    capacities.entry(capacity).or_default().push(cpu);
                }
            }
            let kind = |(capacity, cpus)| CoreKind { name: format!("capacity {capacity}"), cpus };
            kinds = capacities.into_iter().rev().map(kind).collect();
        }
        if kinds.len() > 1 { kinds } else { Vec::new() }
    }

    /// The nodes of memory.
    pub fn memory_nodes(&self) -> Vec<MemoryNode> {
        let online = self.read("sys/devices/system/node/online").and_then(|list| cpus(&list)).unwrap_or_default();
        let node = |number| {
            let folder = format!("sys/devices/system/node/node{number}");
            let total = |text: String| bytes(text.lines().find_map(|line| line.split_once("MemTotal:"))?.1.trim());
            MemoryNode {
                number,
                cpus: self.read(&format!("{folder}/cpulist")).and_then(|list| cpus(&list)).unwrap_or_default(),
                bytes: self.read(&format!("{folder}/meminfo")).and_then(total),
            }
        };
        online.into_iter().map(node).collect()
    }

    /// The operating system's release.
    pub fn release(&self) -> Option<String> {
        self.read("proc/sys/kernel/osrelease")
    }

    /// Who decides on the clock's speed, and how.
    pub fn governor(&self) -> Option<String> {
        self.read("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    }

    /// The CPUs of the machine.
    pub fn topology(&self) -> Topology {
        let online = self.online();
        let distinct = |name: &str| {
            let path = |cpu| format!("sys/devices/system/cpu/cpu{cpu}/topology/{name}");
            let all: Option<BTreeSet<String>> = online.iter().map(|&cpu| self.read(&path(cpu))).collect();
            all.map(|all| all.len()).filter(|&n| n > 0)
        };
        Topology {
            cpus: Some(online.len()).filter(|&n| n > 0),
            cores: distinct("thread_siblings_list"),
            sockets: distinct("physical_package_id"),
            memory_nodes: self.read("sys/devices/system/node/online").and_then(|list| count(&list)),
        }
    }

    /// What is left to this process.
    pub fn allowance(&self) -> Allowance {
        Allowance {
            cpus: self.read("proc/self/status").and_then(|text| count(value(&text, "Cpus_allowed_list")?)),
            quota: self.quota(),
            memory: self.memory_allowed(),
            page_bytes: self.read("proc/self/smaps").and_then(|text| bytes(value(&text, "KernelPageSize")?)),
            huge_pages: self.read("sys/kernel/mm/transparent_hugepage/enabled").and_then(|text| {
                let (_, rest) = text.split_once('[')?;
                Some(rest.split_once(']')?.0.to_owned())
            }),
        }
    }

    /// The bytes of memory that are available, or less by a cgroup's limit.
    pub fn memory_allowed(&self) -> Option<u64> {
        let available = self.read("proc/meminfo").and_then(|text| bytes(value(&text, "MemAvailable")?));
        self.limits("memory", memory_left).into_iter().chain(available).min()
    }

    /// The smallest number of CPUs' worth of time that a cgroup allows.
    fn quota(&self) -> Option<f64> {
        self.limits("cpu", quota).into_iter().min_by(f64::total_cmp)
    }

    /// The limits that hold for this process: of its cgroups and of those above them.
    fn limits<T>(&self, controller: &str, limit: fn(&Path, Version) -> Option<T>) -> Vec<T> {
        let cgroups = self.cgroups(controller);
        cgroups.iter().flat_map(|cgroup| cgroup.levels().filter_map(|level| limit(level, cgroup.version))).collect()
    }

    /// The cgroups of this process that a controller may limit: at most one of each version.
    fn cgroups(&self, controller: &str) -> Vec<Cgroup> {
        let (Some(root), Some(groups), Some(mounts)) =
            (&self.root, self.read("proc/self/cgroup"), self.read("proc/self/mountinfo"))
        else {
            return Vec::new();
        };
        let of = |line: &str| {
            let (version, path) = membership(line, controller)?;
            let (top, mount) = mounts.lines().find_map(|line| mounted(line, version, controller))?;
            let mount = root.join(mount.trim_start_matches('/'));
            // A container may see its own group mounted as the top, under a path that is not visible inside.
            let below = Path::new(path).strip_prefix(top).ok().filter(|path| !path.starts_with(".."));
            let folder = below.map_or_else(|| mount.clone(), |path| mount.join(path.strip_prefix("/").unwrap_or(path)));
            Some(Cgroup { folder, mount, version })
        };
        groups.lines().filter_map(of).collect()
    }

    fn read(&self, path: &str) -> Option<String> {
        read_path(&self.root.as_ref()?.join(path))
    }
}

impl Cgroup {
    /// Its folder and those above it, whose limits count as well.
    fn levels(&self) -> impl Iterator<Item = &Path> {
        self.folder.ancestors().take_while(|folder| folder.starts_with(&self.mount))
    }
}

/// The bytes that the limit of one cgroup leaves. Its use includes cached files, which give way to who needs memory.
fn memory_left(folder: &Path, version: Version) -> Option<u64> {
    let [limit, used, inactive, active] = match version {
        Version::One => ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file", "total_active_file"],
        Version::Two => ["memory.max", "memory.current", "inactive_file", "active_file"],
    };
    let number = |name| read_path(&folder.join(name))?.parse::<u64>().ok();
    let stat = read_path(&folder.join("memory.stat")).unwrap_or_default();
    let cached = |key: &str| {
        let line = stat.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
        line.and_then(|number| number.parse::<u64>().ok()).unwrap_or(0)
    };
    let used = number(used).unwrap_or(0).saturating_sub(cached(inactive)).saturating_sub(cached(active));
    Some(number(limit)?.saturating_sub(used))
}

/// The CPUs' worth of time that one cgroup allows, if it has a limit: without, it reads "max" in version 2, -1 in 1.
fn quota(folder: &Path, version: Version) -> Option<f64> {
    let read = |name| read_path(&folder.join(name));
    let (quota, period) = match version {
        Version::One => (read("cpu.cfs_quota_us")?, read("cpu.cfs_period_us")?),
        Version::Two => read("cpu.max")?.split_once(' ').map(|(quota, period)| (quota.into(), period.into()))?,
    };
    let (quota, period): (u64, u64) = (quota.parse().ok()?, period.parse().ok()?);
    (period > 0).then(|| quota as f64 / period as f64)
}

/// A file's text, without white space around it.
fn read_path(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

/// From a line of `/proc/self/cgroup`, like `4:memory:/path`, or `0::/path` for version 2.
fn membership<'a>(line: &'a str, controller: &str) -> Option<(Version, &'a str)> {
    let mut fields = line.splitn(3, ':');
    let (number, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
    match (number, controllers) {
        ("0", "") => Some((Version::Two, path)),
        _ if controllers.split(',').any(|name| name == controller) => Some((Version::One, path)),
        _ => None,
    }
}

/// The root and the mount point, if a line of `/proc/self/mountinfo` is about this hierarchy.
fn mounted<'a>(line: &'a str, version: Version, controller: &str) -> Option<(&'a str, &'a str)> {
    let (place, kind) = line.split_once(" - ")?;
    let mut kind = kind.split(' ');
    let (name, options) = (kind.next()?, kind.nth(1)?);
    let wanted = match version {
        Version::One => name == "cgroup" && options.split(',').any(|option| option == controller),
        Version::Two => name == "cgroup2",
    };
    let mut place = place.split(' ').skip(3);
    wanted.then_some((place.next()?, place.next()?))
}

/// What follows `key` and a colon at the start of a line.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(':').map(str::trim))
}

/// Bytes from a size like `32K` or `4 kB`.
fn bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match text[digits.len()..].trim() {
        "" | "B" => 1,
        "K" | "kB" => 1 << 10,
        "M" | "MB" => 1 << 20,
        "G" | "GB" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// The numbers in a list like `0-3,8`.
fn cpus(list: &str) -> Option<Vec<usize>> {
    let mut all = Vec::new();
    for range in list.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        all.extend(first.trim().parse::<usize>().ok()?..=last.trim().parse().ok()?);
    }
    Some(all)
}

fn count(list: &str) -> Option<usize> {
    cpus(list).map(|cpus| cpus.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A system made of these files.
    fn system(files: &[(&str, &str)]) -> (tempfile::TempDir, System) {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let system = System { root: Some(root.path().to_owned()) };
        (root, system)
    }

    #[test]
    fn nothing_is_known_of_an_unknown_system() {
        for unknown in [System { root: None }, system(&[]).1] {
            assert_eq!(unknown.brand(), None);
            assert_eq!(unknown.caches(), []);
            assert_eq!(unknown.topology(), Topology::default());
            assert_eq!(unknown.allowance(), Allowance::default());
            assert_eq!((unknown.all_caches(), unknown.core_kinds(), unknown.memory_nodes()), Default::default());
            assert_eq!((unknown.release(), unknown.governor()), (None, None));
        }
    }

    #[test]
    fn kinds_of_cores() {
        let kind = |name: &str, cpus: &[usize]| CoreKind { name: name.to_owned(), cpus: cpus.to_vec() };
        let (_root, intel) = system(&[("sys/devices/cpu_core/cpus", "0-3"), ("sys/devices/cpu_atom/cpus", "4-5\n")]);
        assert_eq!(intel.core_kinds(), [kind("cpu_core", &[0, 1, 2, 3]), kind("cpu_atom", &[4, 5])]);
        let capacities = |of: [&str; 3]| {
            let cpu = |k| format!("sys/devices/system/cpu/cpu{k}/cpu_capacity");
            let paths = [cpu(0), cpu(1), cpu(2)];
            let mut files = vec![("sys/devices/system/cpu/online", "0-2")];
            files.extend(paths.iter().map(String::as_str).zip(of));
            let (_root, system) = system(&files);
            system.core_kinds()
        };
        assert_eq!(capacities(["446", "1024", "446"]), [kind("capacity 1024", &[1]), kind("capacity 446", &[0, 2])]);
        assert_eq!(capacities(["1024"; 3]), []);
        let (_root, alike) = system(&[("sys/devices/cpu_core/cpus", "0-3")]);
        assert_eq!(alike.core_kinds(), []);
    }

    #[test]
    fn nodes_of_memory() {
        let (_root, system) = system(&[
            ("sys/devices/system/node/online", "0,2"),
            ("sys/devices/system/node/node0/cpulist", "0-1"),
            ("sys/devices/system/node/node0/meminfo", "Node 0 MemTotal:    2048 kB\nNode 0 MemFree: 5 kB\n"),
            ("sys/devices/system/node/node2/cpulist", ""),
        ]);
        let near = MemoryNode { number: 0, cpus: vec![0, 1], bytes: Some(2 << 20) };
        assert_eq!(system.memory_nodes(), [near, MemoryNode { number: 2, cpus: vec![], bytes: None }]);
    }

    #[test]
    fn damaged_files_are_no_facts() {
        let (_root, system) = system(&[
            ("proc/meminfo", "MemAvailable: lots\n"),
            ("proc/self/cgroup", "0::/\nrubbish\n4:memory"),
            ("proc/self/mountinfo", "rubbish\n1 2 3 - cgroup2\n"),
            ("proc/self/status", "Cpus_allowed_list:\t0-x\n"),
            ("sys/devices/system/cpu/online", "\n"),
            ("sys/devices/system/cpu/cpu0/cache/index0/level", "1"),
            ("sys/devices/system/cpu/cpu0/cache/index0/type", "Data"),
            ("sys/devices/system/cpu/cpu0/cache/index0/size", "0K"),
            ("sys/kernel/mm/transparent_hugepage/enabled", "always never"),
        ]);
        assert_eq!(system.caches(), []);
        assert_eq!(system.topology(), Topology::default());
        assert_eq!(system.allowance(), Allowance::default());
    }

    #[test]
    fn caches_and_topology() {
        let cpu = "sys/devices/system/cpu";
        let mut files = vec![(format!("{cpu}/online"), "0-3\n"), ("sys/devices/system/node/online".into(), "0-1\n")];
        let caches = [
            ["1", "Instruction", "32K", "64", "0,2"],
            ["3", "Unified", "32M", "64", "0-3"],
            ["1", "Data", "48K", "64", "0,2"],
        ];
        let names = ["level", "type", "size", "coherency_line_size", "shared_cpu_list"];
        for (k, facts) in caches.iter().enumerate() {
            for (name, &fact) in names.iter().zip(facts) {
                files.push((format!("{cpu}/cpu0/cache/index{k}/{name}"), fact));
                let others = if fact == "0,2" { "1,3" } else { fact };
                files.push((format!("{cpu}/cpu3/cache/index{k}/{name}"), others));
            }
        }
        for (k, siblings) in ["0,2", "1,3", "0,2", "1,3"].iter().enumerate() {
            files.push((format!("{cpu}/cpu{k}/topology/thread_siblings_list"), siblings));
            files.push((format!("{cpu}/cpu{k}/topology/physical_package_id"), "0"));
        }
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        let (_root, system) = system(&files);

        let found: Vec<_> = system.caches().into_iter().map(|c| (c.level, c.kind, c.bytes, c.shared_by)).collect();
        assert_eq!(found, [(1, "data".into(), 48 << 10, Some(2)), (3, "unified".into(), 32 << 20, Some(4))]);
        let all: Vec<_> = system.all_caches().into_iter().map(|(c, n)| (c.level, c.bytes, c.shared_by, n)).collect();
        assert_eq!(all, [(1, 48 << 10, Some(2), 2), (3, 32 << 20, Some(4), 1)]);
        let expected = Topology { cpus: Some(4), cores: Some(2), sockets: Some(1), memory_nodes: Some(2) };
        assert_eq!(system.topology(), expected);
    }

    #[test]
    fn the_tightest_level_of_version_two_counts() {
        let (_root, system) = system(&[
            ("proc/meminfo", "MemTotal: 900 kB\nMemAvailable:   800 kB\n"),
            ("proc/self/cgroup", "0::/outer/inner\n"),
            ("proc/self/mountinfo", "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw\n"),
            ("sys/fs/cgroup/outer/memory.max", "409600\n"),
            ("sys/fs/cgroup/outer/memory.current", "307200\n"),
            ("sys/fs/cgroup/outer/memory.stat", "anon 1\nfile 9\ninactive_file 100000\nactive_file 2400\n"),
            ("sys/fs/cgroup/outer/cpu.max", "150000 100000\n"),
            ("sys/fs/cgroup/outer/inner/memory.max", "max\n"),
            ("sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n"),
        ]);
        assert_eq!(system.memory_allowed(), Some(409600 - 307200 + 102400));
        assert_eq!(system.quota(), Some(1.5));
    }

    #[test]
    fn version_one_as_a_container_sees_it() {
        let (_root, system) = system(&[
            ("proc/meminfo", "MemAvailable: 800 kB\n"),
            ("proc/self/cgroup", "4:memory:/docker/abc\n3:cpuset:/\n1:cpu,cpuacct:/docker/abc\n0::/\n"),
            (
                "proc/self/mountinfo",
                "35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
                 32 31 0:29 /elsewhere /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n",
            ),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "1000"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "2000"),
            ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "400000"),
            ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000"),
        ]);
        assert_eq!(system.memory_allowed(), Some(0));
        assert_eq!(system.quota(), Some(4.0));
    }

    #[test]
    fn names_of_processors() {
        let brand = |text| system(&[("proc/cpuinfo", text)]).1.brand();
        assert_eq!(brand("processor\t: 0\nmodel name\t: A CPU\n"), Some("A CPU".into()));
        let arm = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd4f\n";
        assert_eq!(brand(arm), Some("implementer 0x41, part 0xd4f".into()));
        assert_eq!(brand("processor: 0\n"), None);
    }

    #[test]
    fn lists_and_sizes() {
        assert_eq!(cpus("0-3,8"), Some(vec![0, 1, 2, 3, 8]));
        assert_eq!(cpus("5"), Some(vec![5]));
        assert_eq!(count("3-x"), None);
        assert_eq!(bytes("32K"), Some(32 << 10));
        assert_eq!(bytes("4 kB"), Some(4096));
        assert_eq!(bytes("12"), Some(12));
        assert_eq!(bytes("4 parsecs"), None);
        assert_eq!(bytes("99999999999999999 GB"), None);
    }
}
