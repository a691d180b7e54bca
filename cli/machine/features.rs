//! What the CPU and the operating system say about features of the instruction set.
use lanestack::Isa;
use serde::Serialize;

/// A feature of the instruction set, by the name that Rust's `target_feature` gives it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Feature {
    /// The name.
    pub name: &'static str,
    /// Whether programs can use it.
    pub offer: Offer,
}

/// Who offers a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Offer {
    /// The CPU and the operating system.
    Usable,
    /// The CPU, but the operating system does not save its registers when it switches between programs.
    NotSaved,
    /// Not the CPU, or a hypervisor hides it.
    Missing,
}

/// The features that matter for SIMD, oldest first.
#[cfg(target_arch = "x86_64")]
pub fn features() -> Vec<Feature> {
    let cpuid = raw_cpuid::CpuId::new();
    let old = cpuid.get_feature_info();
    let old = old.as_ref();
    let new = cpuid.get_extended_feature_info();
    let new = new.as_ref();
    macro_rules! table {
        ($($name:tt: $info:ident.$said:ident;)*) => {
            vec![$(Feature {
                name: $name,
                offer: match (std::arch::is_x86_feature_detected!($name), $info.is_some_and(|info| info.$said())) {
                    (true, _) => Offer::Usable,
                    (false, true) => Offer::NotSaved,
                    (false, false) => Offer::Missing,
                },
            }),*]
        };
    }
    table! {
        "sse2": old.has_sse2;
        "sse4.2": old.has_sse42;
        "avx": old.has_avx;
        "f16c": old.has_f16c;
        "fma": old.has_fma;
        "avx2": new.has_avx2;
        "avx512f": new.has_avx512f;
        "avx512cd": new.has_avx512cd;
        "avx512dq": new.has_avx512dq;
        "avx512bw": new.has_avx512bw;
        "avx512vl": new.has_avx512vl;
        "avx512ifma": new.has_avx512_ifma;
        "avx512vbmi": new.has_avx512vbmi;
        "avx512vbmi2": new.has_avx512vbmi2;
        "avx512bf16": new.has_avx512_bf16;
        "avx512fp16": new.has_avx512_fp16;
    }
}

/// The features that matter for SIMD, oldest first. The operating system reports them, and only if programs can use them.
#[cfg(target_arch = "aarch64")]
pub fn features() -> Vec<Feature> {
    macro_rules! table {
        ($($name:tt)*) => {
            vec![$(Feature {
                name: $name,
                offer: if std::arch::is_aarch64_feature_detected!($name) { Offer::Usable } else { Offer::Missing },
            }),*]
        };
    }
    table! { "neon" "fp16" "bf16" "sve" "sve2" }
}

/// The features that matter for SIMD: none are known of here.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub fn features() -> Vec<Feature> {
    Vec::new()
}

/// The level of the x86-64 architecture, 1 to 4, whose features programs can use.
#[cfg(target_arch = "x86_64")]
pub fn x86_64_level() -> Option<u32> {
    macro_rules! all {
        ($($name:tt)*) => { true $(&& std::arch::is_x86_feature_detected!($name))* };
    }
    // The standard library cannot tell of LAHF and SAHF.
    let more = raw_cpuid::CpuId::new().get_extended_processor_and_feature_identifiers();
    let v2 =
        all!("cmpxchg16b" "popcnt" "sse3" "sse4.1" "sse4.2" "ssse3") && more.is_some_and(|more| more.has_lahf_sahf());
    let v3 = v2 && all!("avx" "avx2" "bmi1" "bmi2" "f16c" "fma" "lzcnt" "movbe");
    let v4 = v3 && all!("avx512f" "avx512bw" "avx512cd" "avx512dq" "avx512vl");
    Some(1 + u32::from(v2) + u32::from(v3) + u32::from(v4))
}

/// The level of the x86-64 architecture: none elsewhere.
#[cfg(not(target_arch = "x86_64"))]
pub fn x86_64_level() -> Option<u32> {
    None
}

/// The bits of the vector registers that programs can use, narrowest first. Arm's SVE, whose registers have no fixed width,
/// is left out.
pub fn vector_bits(features: &[Feature]) -> Vec<u32> {
    let widths = [("sse2", 128), ("neon", 128), ("avx", 256), ("avx512f", 512)];
    let usable = |name| features.iter().any(|feature| feature.name == name && feature.offer == Offer::Usable);
    widths.into_iter().filter(|&(name, _)| usable(name)).map(|(_, bits)| bits).collect()
}

/// Why this machine does not offer the instruction set, if it does not.
pub fn lacking(isa: Isa) -> Option<String> {
    if isa.is_available() {
        return None;
    }
    let Some(needed) = needed(isa) else {
        return Some(format!("this build is for {}", std::env::consts::ARCH));
    };
    let all = features();
    let names = |offer: Offer| {
        let found = all.iter().filter(|feature| feature.offer == offer && needed.contains(&feature.name));
        found.map(|feature| feature.name).collect::<Vec<_>>().join(", ")
    };
    Some(match (names(Offer::Missing), names(Offer::NotSaved)) {
        (missing, _) if !missing.is_empty() => format!("the CPU lacks {missing}"),
        (_, not_saved) if !not_saved.is_empty() => format!("the system does not save the registers of {not_saved}"),
        _ => "this build leaves it out".to_owned(),
    })
}

/// Whether the instruction set exists on this build's kind of CPU.
pub fn is_native(isa: Isa) -> bool {
    needed(isa).is_some()
}

/// The features that an instruction set consists of, if it exists on this build's kind of CPU.
fn needed(isa: Isa) -> Option<&'static [&'static str]> {
    match isa {
        Isa::Avx512 if cfg!(target_arch = "x86_64") => Some(&["avx512f", "avx512dq", "avx512bw", "avx512vl"]),
        Isa::Avx2 if cfg!(target_arch = "x86_64") => Some(&["avx2", "fma"]),
        Isa::Neon if cfg!(target_arch = "aarch64") => Some(&["neon"]),
        Isa::Portable | Isa::Scalar => Some(&[]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_isa_is_available_where_its_features_are_usable() {
        let all = features();
        let usable: Vec<&str> = all.iter().filter(|f| f.offer == Offer::Usable).map(|f| f.name).collect();
        for &isa in Isa::ALL {
            let expected = match needed(isa) {
                // Where no operating system is known, the library leaves out what needs features.
                Some(names) => {
                    names.is_empty() || !cfg!(lanestack_no_os) && names.iter().all(|name| usable.contains(name))
                }
                None => false,
            };
            assert_eq!(isa.is_available(), expected, "{isa}");
            assert_eq!(lacking(isa).is_none(), expected, "{isa}");
        }
    }

    #[test]
    fn widths_are_of_usable_registers() {
        let feature = |name, offer| Feature { name, offer };
        let all = [feature("sse2", Offer::Usable), feature("avx", Offer::Usable), feature("avx512f", Offer::NotSaved)];
        assert_eq!(vector_bits(&all), [128, 256]);
        assert!(vector_bits(&[]).is_empty());
        assert!(x86_64_level().is_none_or(|level| (1..=4).contains(&level)));
        assert!(x86_64_level().is_none_or(|level| (level >= 4) <= vector_bits(&features()).contains(&512)));
    }

    #[test]
    fn another_architecture_lacks_all() {
        let foreign = if cfg!(target_arch = "aarch64") { Isa::Avx512 } else { Isa::Neon };
        assert!(!is_native(foreign) && is_native(Isa::Portable));
        assert_eq!(lacking(foreign), Some(format!("this build is for {}", std::env::consts::ARCH)));
    }
}
