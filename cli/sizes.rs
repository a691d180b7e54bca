//! How many elements to measure with: one size in cache, one far beyond, and a chunk for each thread.
use crate::machine::Cache;

/// What is assumed where the machine does not tell.
const L1: u64 = 32 << 10;
const L2: u64 = 256 << 10;
const LAST: u64 = 32 << 20;

/// The data caches, as far as they are known.
#[derive(Debug)]
pub struct Caches {
    known: Vec<Cache>,
}

/// A number of elements, or of bytes of source and result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Size {
    Elements(usize),
    Bytes(u64),
}

impl Size {
    /// The elements, each of `bytes` in the source and as many in the result.
    pub fn elements(self, bytes: usize) -> usize {
        match self {
            Self::Elements(n) => n,
            Self::Bytes(all) => (all / (2 * bytes as u64)) as usize,
        }
    }
}

impl Caches {
    /// Of these.
    pub fn new(known: Vec<Cache>) -> Self {
        Self { known }
    }

    fn level(&self, level: u32) -> Option<&Cache> {
        self.known.iter().find(|cache| cache.level == level)
    }

    /// What fits in the first level and leaves a quarter of it to others.
    pub fn near(&self) -> u64 {
        let l1 = self.level(1).map_or(L1, |cache| cache.bytes);
        1 << (l1 * 3 / 4).ilog2()
    }

    /// What half of a core's part of the second level holds.
    pub fn chunk(&self) -> u64 {
        let part = |cache: &Cache| cache.bytes / u64::from(cache.shared_by.unwrap_or(1).max(1));
        1 << (self.level(2).map_or(L2, part) / 2).max(L1).ilog2()
    }

    /// All last-level caches that so many threads can use, and how many these are.
    fn last(&self, threads: usize) -> Option<(u64, u64)> {
        let last = self.known.iter().max_by_key(|cache| (cache.level, cache.bytes))?;
        let shared_by = last.shared_by.map_or(usize::MAX, |n| n.max(1) as usize);
        let caches = threads.div_ceil(shared_by) as u64;
        Some((caches * last.bytes, caches))
    }

    /// The cache that so many bytes fit in.
    pub fn place(&self, bytes: u64, threads: usize) -> Place {
        let last = self.last(threads).map_or(LAST, |(bytes, _)| bytes);
        let nearest = self.known.iter().filter(|cache| cache.bytes >= bytes).min_by_key(|cache| cache.level);
        match nearest {
            Some(cache) => Place { name: format!("L{}", cache.level), in_cache: true },
            None if bytes <= last => Place { name: "cache".to_owned(), in_cache: true },
            None => Place { name: "memory".to_owned(), in_cache: false },
        }
    }

    /// The size far beyond the caches that so many threads can use: four times these, but at most a quarter of the memory
    /// that the process may use. With the reason, also why there is none.
    pub fn far(&self, threads: usize, memory: Option<u64>) -> Far {
        let (last, which) = match self.last(threads) {
            Some((bytes, 1)) => (bytes, format!("the last-level cache ({})", binary(bytes))),
            Some((bytes, n)) => (bytes, format!("the {n} last-level caches ({} together)", binary(bytes))),
            None => (LAST, format!("the last-level cache, which is unknown and taken to be {}", binary(LAST))),
        };
        match memory {
            Some(memory) if memory / 4 <= 2 * last => Far {
                bytes: None,
                why: format!(
                    "Nothing was measured far beyond {which}: a quarter of the memory allowed is only {}.",
                    binary(memory / 4)
                ),
            },
            Some(memory) if memory / 4 < 4 * last => Far {
                bytes: Some(memory / 4),
                why: format!("a quarter of the memory allowed, {:.1} times {which}", memory as f64 / 4.0 / last as f64),
            },
            _ => Far { bytes: Some(4 * last), why: format!("4 times {which}") },
        }
    }
}

/// Where source and result are.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub name: String,
    pub in_cache: bool,
}

/// The far size, if there is one, and why.
#[derive(Debug, PartialEq)]
pub struct Far {
    pub bytes: Option<u64>,
    pub why: String,
}

/// A number of bytes in binary units.
pub fn binary(bytes: u64) -> String {
    let exponent = [30, 20, 10].into_iter().find(|&exponent| bytes >= 1 << exponent).unwrap_or(0);
    let unit = match exponent {
        30 => "GiB",
        20 => "MiB",
        10 => "KiB",
        _ => return format!("{bytes} B"),
    };
    let count = bytes as f64 / f64::from(1 << exponent);
    if count.fract() == 0.0 || count >= 100.0 { format!("{count:.0} {unit}") } else { format!("{count:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(level: u32, bytes: u64, shared_by: u32) -> Cache {
        Cache { level, kind: "data".to_owned(), bytes, line_bytes: Some(64), shared_by: Some(shared_by) }
    }

    fn zen() -> Caches {
        Caches::new(vec![cache(1, 48 << 10, 2), cache(2, 1 << 20, 2), cache(3, 32 << 20, 16)])
    }

    #[test]
    fn sizes_in_cache() {
        assert_eq!((zen().near(), zen().chunk()), (32 << 10, 256 << 10));
        let unknown = Caches::new(Vec::new());
        assert_eq!((unknown.near(), unknown.chunk()), (16 << 10, 128 << 10));
        assert_eq!(Size::Bytes(32 << 10).elements(8), 2048);
        assert_eq!(Size::Elements(7).elements(8), 7);
    }

    #[test]
    fn far_is_four_times_the_caches_or_a_quarter_of_the_memory() {
        let far = |threads, memory: Option<u64>| zen().far(threads, memory).bytes;
        assert_eq!(far(2, Some(24 << 30)), Some(128 << 20));
        assert_eq!(far(2, None), Some(128 << 20));
        assert_eq!(far(17, Some(24 << 30)), Some(256 << 20));
        assert_eq!(far(2, Some(400 << 20)), Some(100 << 20));
        assert_eq!(far(2, Some(256 << 20)), None);
        assert!(zen().far(2, Some(256 << 20)).why.ends_with("only 64 MiB."));
        assert_eq!(Caches::new(Vec::new()).far(2, None).bytes, Some(128 << 20));
    }

    #[test]
    fn places() {
        let name = |caches: Caches, bytes| caches.place(bytes, 2).name;
        assert_eq!(name(zen(), 48 << 10), "L1");
        assert_eq!(name(zen(), 2 << 20), "L3");
        assert_eq!(name(zen(), 64 << 20), "memory");
        assert_eq!(name(Caches::new(Vec::new()), 1 << 20), "cache");
    }

    #[test]
    fn bytes_in_binary_units() {
        let all =
            [(0, "0 B"), (1536, "1.5 KiB"), (128 << 20, "128 MiB"), (23 << 30, "23 GiB"), (1000 << 20, "1000 MiB")];
        for (bytes, text) in all {
            assert_eq!(binary(bytes), text);
        }
    }
}
