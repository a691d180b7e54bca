//! Loops over the vectors of the crate `wide`, compiled for the target that this package is compiled for.
use lanestack::Op;
use wide::{f32x16, f64x8};

use crate::cli::peers::Peer;

/// The instruction set that `wide` was compiled for.
const ISA: &str = if cfg!(target_feature = "avx512f") {
    "built for avx512"
} else if cfg!(target_feature = "avx2") {
    "built for avx2"
} else if cfg!(target_feature = "neon") {
    "built for neon"
} else if cfg!(target_feature = "sse2") {
    "built for sse2"
} else {
    "built without simd"
};

macro_rules! wide_loop {
    ($($t:ident $vector:ident $lanes:literal;)*) => { $(
        pub fn $t(op: Op) -> Option<Peer<$t>> {
            #[inline(never)]
            fn each(src: &[$t], dst: &mut [$t], f: impl Fn($vector) -> $vector) {
                let ((src, src_rest), (dst, dst_rest)) = (src.as_chunks::<$lanes>(), dst.as_chunks_mut::<$lanes>());
                for (x, y) in src.iter().zip(dst) {
                    *y = f($vector::from(*x)).to_array();
                }
                let mut last = [1.0; $lanes];
                last[..src_rest.len()].copy_from_slice(src_rest);
                dst_rest.copy_from_slice(&f($vector::from(last)).to_array()[..src_rest.len()]);
            }
            let sweep: fn(&[$t], &mut [$t]) = match op {
                Op::Exp => |src, dst| each(src, dst, |x| x.exp()),
                Op::Log => |src, dst| each(src, dst, |x| x.ln()),
                Op::Sqrt => |src, dst| each(src, dst, |x| x.sqrt()),
                Op::Square => |src, dst| each(src, dst, |x| x * x),
                _ => return None,
            };
            Some(Peer { library: "wide", class: ISA, isa: None, call: Box::new(sweep) })
        }
    )* };
}
wide_loop! {
    f64 f64x8 8;
    f32 f32x16 16;
}
