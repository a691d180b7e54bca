//! What the instruction CPUID tells on x86-64.
use raw_cpuid::{CacheType, CpuId, FeatureInfo, Hypervisor};

use super::{Cache, Processor};

/// The CPU.
pub fn processor() -> Processor {
    let cpuid = CpuId::new();
    let feature_info = cpuid.get_feature_info();
    Processor {
        brand: cpuid.get_processor_brand_string().and_then(|brand| words(brand.as_str())),
        family_model_stepping: feature_info.as_ref().map(family_model_stepping),
        hypervisor: feature_info.is_some_and(|info| info.has_hypervisor()).then(|| hypervisor(&cpuid)),
    }
}

/// The caches for data, nearest first.
pub fn caches() -> Vec<Cache> {
    let mut caches: Vec<Cache> = CpuId::new()
        .get_cache_parameters()
        .into_iter()
        .flatten()
        .filter_map(|cache| {
            let kind = match cache.cache_type() {
                CacheType::Data => "data",
                CacheType::Unified => "unified",
                CacheType::Null | CacheType::Instruction | CacheType::Reserved => return None,
            };
            let sides =
                [cache.associativity(), cache.physical_line_partitions(), cache.coherency_line_size(), cache.sets()];
            Some(Cache {
                level: cache.level().into(),
                kind: kind.to_owned(),
                bytes: sides.iter().map(|&side| side as u64).product(),
                line_bytes: Some(cache.coherency_line_size() as u64),
                // CPUID knows how many there may be at most, which is not how many there are.
                shared_by: None,
            })
        })
        .collect();
    caches.sort_by_key(|cache| cache.level);
    caches
}

/// The register that says which registers the operating system saves, if it lets programs read it.
#[allow(unsafe_code, reason = "it is read by an instruction")]
pub fn xcr0() -> Option<u64> {
    // SAFETY: CPUID says that the operating system has switched on what the instruction belongs to.
    CpuId::new().get_feature_info()?.has_oxsave().then(|| unsafe { std::arch::x86_64::_xgetbv(0) })
}

/// Family and model are put together from two fields each, as the manuals of AMD and Intel say.
fn family_model_stepping(info: &FeatureInfo) -> (u32, u32, u32) {
    let base = u32::from(info.base_family_id());
    let family = if base == 15 { base + u32::from(info.extended_family_id()) } else { base };
    let extended = if base == 6 || base == 15 { u32::from(info.extended_model_id()) << 4 } else { 0 };
    (family, extended + u32::from(info.base_model_id()), info.stepping_id().into())
}

fn hypervisor(cpuid: &CpuId<raw_cpuid::CpuIdReaderNative>) -> String {
    match cpuid.get_hypervisor_info().map(|info| info.identify()) {
        Some(Hypervisor::Unknown(a, b, c)) => {
            let name = [a, b, c].map(u32::to_le_bytes).concat();
            words(&String::from_utf8_lossy(&name).replace(|c: char| !c.is_ascii_graphic(), " "))
                .unwrap_or_else(|| "one without a name".to_owned())
        }
        Some(known) => format!("{known:?}"),
        None => "one without a name".to_owned(),
    }
}

/// The text with single spaces, unless it is blank.
fn words(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}
