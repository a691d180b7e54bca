//! A kernel of one's own, `x^2 + x + 1`, on every isa of this CPU:
//! `cargo run --release --example kernel`.
//!
//! It is written once, in safe code, on vectors of any width.
use lanestack::kernels::lanes::{Double, Kernel, Lanes, Medium, Single, Spec};
use lanestack::{Engine, Isa};

/// `x^2 + x + 1`, with one rounding per step where there is fused multiply-add.
#[derive(Clone, Copy, Debug)]
struct Quadratic;

#[inline(always)]
fn quadratic<V: Lanes>(x: V, one: V) -> V {
    (x + one).mul_add(x, one)
}

impl Kernel for Quadratic {
    const F32: Spec<f32> = Spec { ulp: 1.5, ulp_unfused: 2.0, special: &[(0.0, 1.0)], ns: 0.1 };
    const F64: Spec<f64> = Spec { ulp: 1.5, ulp_unfused: 2.0, special: &[(0.0, 1.0)], ns: 0.1 };
    type F32Block = Medium;
    type F64Block = Medium;

    #[inline(always)]
    fn f32<V: Single>(self, x: V) -> V {
        quadratic(x, x.splat(1.0))
    }
    #[inline(always)]
    fn f64<V: Double>(self, x: V) -> V {
        quadratic(x, x.splat(1.0))
    }
}

fn main() -> Result<(), lanestack::Error> {
    let x: Vec<f64> = (0..1000).map(|k| f64::from(k) * 0.1).collect();
    let mut y = vec![0.0; x.len()];
    for &isa in Isa::available() {
        Engine::builder().isa(isa).build()?.map_into(Quadratic, &x, &mut y);
        println!("{isa:9} {}^2 + {0} + 1 = {}", x[999], y[999]);
    }
    Ok(())
}
