//! Every op, type, tier and isa, on one thread, at three sizes: in the first and second level cache, and far beyond the last.
//!
//! `cargo bench --bench sweep -- 'exp/f64'` runs a part. Throughput is in elements per second.
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use lanestack::{Accuracy, Element, Engine, Isa, Op, Threads};

/// A name, and bytes in each of source and destination.
const SIZES: [(&str, usize); 3] = [("L1", 12 << 10), ("L2", 192 << 10), ("memory", 256 << 20)];

fn all<T: Element + From<f32>>(criterion: &mut Criterion) {
    for &op in Op::ALL {
        for (place, bytes) in SIZES {
            let len = bytes / size_of::<T>();
            let mut group = criterion.benchmark_group(format!("{op}/{}/{place}", T::NAME));
            group.throughput(Throughput::Elements(len as u64));
            group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1)).sample_size(10);
            let src: Vec<T> = (0..len).map(|i| T::from(0.1 + (i % 4096) as f32 * 0.002)).collect();
            let mut dst = vec![T::ONE; len];
            for &tier in Accuracy::ALL.iter().filter(|&&tier| op.tier::<T>(tier) == tier) {
                for &isa in Isa::available() {
                    let builder = Engine::builder().isa(isa).accuracy(tier).threads(Threads::Exactly(1));
                    let engine = builder.build().expect("available");
                    group.bench_function(BenchmarkId::new(tier.name(), isa), |bencher| {
                        bencher.iter(|| engine.run_into(op, &src, &mut dst));
                    });
                }
            }
        }
    }
}

criterion_group!(benches, all::<f32>, all::<f64>);
criterion_main!(benches);
